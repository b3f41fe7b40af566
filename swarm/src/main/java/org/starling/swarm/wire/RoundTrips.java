package org.starling.swarm.wire;

import java.time.Duration;
import java.util.Map;
import org.starling.swarm.runtime.BoundedMaps;

/**
 * How long peers take to answer, estimated as TCP does (RFC 6298: a smoothed mean and a mean deviation), and how long to wait for
 * an answer therefore. Confined to the protocol thread.
 */
public final class RoundTrips {
    private static final int MAX_PEERS = 4096;
    private static final double MEAN_GAIN = 1.0 / 8;
    private static final double DEVIATION_GAIN = 1.0 / 4;
    private static final int DEVIATIONS = 4;

    /** A peer computes besides: it may be so many times slower than its line. */
    private static final int SLACK = 10;

    private static final int SHORTEST = 4;
    private static final int LONGEST = 3;

    private final Map<String, Estimate> estimates = BoundedMaps.ofNewest(MAX_PEERS);

    private record Estimate(double meanNanos, double deviationNanos) {
        Estimate with(double nanos) {
            return new Estimate(
                    meanNanos + MEAN_GAIN * (nanos - meanNanos),
                    deviationNanos + DEVIATION_GAIN * (Math.abs(nanos - meanNanos) - deviationNanos));
        }

        double timeoutNanos() {
            return SLACK * (meanNanos + DEVIATIONS * deviationNanos);
        }
    }

    /**
     * Takes in a measurement.
     *
     * @param took from the call to its answer; of a call that was not answered, as long as it was waited for
     */
    public void measured(Endpoint to, Duration took) {
        double nanos = took.toNanos();
        estimates.merge(to.address(), new Estimate(nanos, nanos / 2), (known, first) -> known.with(nanos));
    }

    /**
     * How long to wait for an answer that a peer gives at once.
     *
     * @param usual what is waited for one of whom nothing is known; the result is between a fourth of it and three times as much
     */
    public Duration patience(Endpoint to, Duration usual) {
        Estimate known = estimates.get(to.address());
        if (known == null) {
            return usual;
        }
        double shortest = usual.toNanos() / (double) SHORTEST;
        double longest = usual.toNanos() * (double) LONGEST;
        return Duration.ofNanos((long) Math.max(shortest, Math.min(longest, known.timeoutNanos())));
    }
}
