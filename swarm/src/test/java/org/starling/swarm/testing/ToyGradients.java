package org.starling.swarm.testing;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.node.Gradient;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.runtime.Scheduler;

/**
 * Computes a number of samples a second; the gradient pulls every parameter towards a target of the peer's own. Keeps
 * account of every sample.
 */
public final class ToyGradients implements GradientSource {
    private final ToyReplica replica;
    private final Scheduler clock;
    private final double speed;
    private final float target;
    private long sinceNanos;
    private long returned;
    private long computedBefore;
    private long handedOut;
    private boolean spoilt;

    public ToyGradients(ToyReplica replica, Scheduler clock, double speed, float target) {
        this.replica = replica;
        this.clock = clock;
        this.speed = speed;
        this.target = target;
        this.sinceNanos = clock.nanoTime();
    }

    /** The next gradient has one element, as that of a training loop with a defect might. */
    public void spoilNext() {
        spoilt = true;
    }

    private long fresh() {
        return (long) ((clock.nanoTime() - sinceNanos) / 1e9 * speed);
    }

    /** Samples computed since the beginning, whatever has become of them. */
    public long computed() {
        return computedBefore + fresh();
    }

    /** Samples of the latest gradient that was handed out and has not come back. */
    public long handedOut() {
        return handedOut;
    }

    @Override
    public long samples() {
        return returned + fresh();
    }

    @Override
    public double samplesPerSecond() {
        return speed;
    }

    @Override
    public double trainingLoss() {
        double sum = 0;
        for (float parameter : replica.parameters()) {
            sum += (parameter - target) * (parameter - target);
        }
        return sum / replica.elements();
    }

    @Override
    public String device() {
        return "simulated";
    }

    @Override
    public CompletableFuture<Optional<Gradient>> drain() {
        long samples = samples();
        if (samples == 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        float[] mean = new float[spoilt ? 1 : replica.elements()];
        spoilt = false;
        for (int i = 0; i < mean.length; i++) {
            mean[i] = replica.parameters()[i] - target - i * 1e-3f;
        }
        take();
        handedOut = samples;
        return CompletableFuture.completedFuture(Optional.of(new Gradient(mean, samples)));
    }

    @Override
    public void giveBack(Gradient gradient) {
        returned += gradient.samples();
        handedOut = 0;
    }

    @Override
    public long discard() {
        long samples = samples();
        take();
        return samples;
    }

    private void take() {
        computedBefore += fresh();
        returned = 0;
        // the fraction of a sample that is under way goes on
        sinceNanos += (long) (fresh() / speed * 1e9);
    }
}
