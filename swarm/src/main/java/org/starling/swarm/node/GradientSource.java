package org.starling.swarm.node;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The training loop as the swarm sees it. All methods may be called from any thread and return at once. */
public interface GradientSource {
    /** Samples accumulated since the last {@link #drain}. */
    long samples();

    /** Current speed. */
    double samplesPerSecond();

    /** Mean loss of the samples handed over last; 0 before the first. */
    double trainingLoss();

    /** The device that computes, for people. */
    String device();

    /**
     * Takes everything accumulated so far; accumulation starts again from zero. Completes between two micro-batches, on any
     * thread; empty if nothing had been accumulated.
     */
    CompletableFuture<Optional<Gradient>> drain();

    /** Returns a gradient whose round was void; it counts towards the next one. */
    void giveBack(Gradient gradient);

    /** Throws away what has been accumulated: the swarm has gone back to another state. Returns how many samples that were. */
    long discard();
}
