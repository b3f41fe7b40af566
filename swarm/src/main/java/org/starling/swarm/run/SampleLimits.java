package org.starling.swarm.run;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What one peer can have computed, as the run's author says: the yardstick for everything that peers claim, in progress reports,
 * applications, manifests and epoch records. Pure functions; everybody in a run has the same limits, so that all refuse the same.
 *
 * @param samplesPerSecond of one peer at most
 * @param targetBatchSize samples of all peers together that make one epoch
 */
public record SampleLimits(double samplesPerSecond, long targetBatchSize) {
    /** Nobody computes for one epoch for longer. */
    public static final Duration LONGEST_EPOCH = Duration.ofMinutes(10);

    /** How far a clock may be before another. */
    public static final Duration MAX_CLOCK_SKEW = Duration.ofSeconds(60);

    private static final long MAX_SAMPLES = 1L << 40;

    /** What a peer can bring to one epoch. */
    public long mostSamples() {
        return (long) Math.max(1, Math.min(MAX_SAMPLES, samplesPerSecond * LONGEST_EPOCH.toSeconds()));
    }

    /** Whether a peer can bring so many samples to one epoch. */
    public boolean arePossible(long samples) {
        return samples >= 0 && samples <= mostSamples();
    }

    /** Whether a peer can be so fast; false for what is no number. */
    public boolean isPossibleSpeed(double speed) {
        return speed >= 0 && speed <= samplesPerSecond;
    }

    /**
     * The least time between the starts of two rounds in a row: what so many peers need for an epoch's samples. It bounds how far a
     * few can run ahead who claim what they have not computed.
     *
     * @param members of the later round
     */
    public Duration shortestEpoch(int members) {
        return Duration.ofMillis((long) Math.floor(1e3 * targetBatchSize / (samplesPerSecond * Math.max(1, members))));
    }

    /**
     * The earliest moment at which a round may have started.
     *
     * @param before when the round before it started; empty if that is not known
     */
    public Instant earliestStart(Optional<Instant> before, int members) {
        return before.map(start -> start.plus(shortestEpoch(members))).orElse(Instant.MIN);
    }
}
