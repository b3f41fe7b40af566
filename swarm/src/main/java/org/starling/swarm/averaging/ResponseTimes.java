package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.Map;
import org.starling.swarm.runtime.BoundedMaps;

/**
 * How long something takes with each of several peers, estimated as TCP does (RFC 6298: a smoothed mean and a mean deviation), and
 * how long to wait for it therefore. Confined to the protocol thread.
 */
final class ResponseTimes {
    private static final int MAX_PEERS = 4096;
    private static final double MEAN_GAIN = 1.0 / 8;
    private static final double DEVIATION_GAIN = 1.0 / 4;
    private static final int DEVIATIONS = 4;

    /** A peer computes besides: it may be so many times slower than its line. */
    private static final int SLACK = 10;

    private final Map<String, Estimate> estimates = BoundedMaps.ofNewest(MAX_PEERS);

    private record Estimate(double meanNanos, double deviationNanos) {
        Estimate with(double nanos) {
            return new Estimate(
                    meanNanos + MEAN_GAIN * (nanos - meanNanos),
                    deviationNanos + DEVIATION_GAIN * (Math.abs(nanos - meanNanos) - deviationNanos));
        }

        double hardlyMoreNanos() {
            return meanNanos + DEVIATIONS * deviationNanos;
        }
    }

    /**
     * Takes in a measurement.
     *
     * @param took from the beginning to the end; of what has not come to an end, as long as it was waited for
     */
    void measured(String whom, Duration took) {
        double nanos = took.toNanos();
        estimates.merge(whom, new Estimate(nanos, nanos / 2), (known, first) -> known.with(nanos));
    }

    /** What it hardly ever takes longer than, by what was measured; zero with one of whom nothing is known. */
    Duration hardlyMore(String whom) {
        Estimate known = estimates.get(whom);
        return known == null ? Duration.ZERO : Duration.ofNanos((long) known.hardlyMoreNanos());
    }

    /**
     * How long to wait.
     *
     * @param usual what is waited for one of whom nothing is known
     * @param least the result is no less, as a share of the usual
     * @param most the result is no more, as a share of the usual
     */
    Duration patience(String whom, Duration usual, double least, double most) {
        Estimate known = estimates.get(whom);
        if (known == null) {
            return usual;
        }
        double shortest = usual.toNanos() * least;
        double longest = usual.toNanos() * most;
        return Duration.ofNanos((long) Math.max(shortest, Math.min(longest, SLACK * known.hardlyMoreNanos())));
    }
}
