package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import org.starling.swarm.run.AveragingSettings;

/**
 * Who reduces how much. In a group of n, peer i with bandwidth b_i that reduces the share w_i needs time proportional to
 * (1 + (n-2) w_i) / b_i. With m peers of bandwidth above zero the best completion time is xi = max(1/b_min, (n-2+m)/sum b),
 * and peer i can take at most (xi b_i - 1)/(n-2). A pure function.
 */
final class LoadBalancer {
    /** Bytes a second. With less, and with more, the ratio of two bandwidths need not be a number. */
    static final double LEAST_BANDWIDTH = 1;

    static final double MOST_BANDWIDTH = 1e15;

    private static final int MOST_PART_TIMEOUTS = 6;

    private LoadBalancer() {}

    /**
     * Splits a vector.
     *
     * @param bandwidths of the members in any unit; 0 reduces nothing
     * @return elements for each member, in sum {@code elements}
     * @throws IllegalArgumentException if nobody can reduce, or their bandwidths are too far from each other to be compared
     */
    static int[] split(double[] bandwidths, int elements) {
        int n = bandwidths.length;
        long reducers = Arrays.stream(bandwidths).filter(b -> b > 0).count();
        if (reducers == 0) {
            throw new IllegalArgumentException("Nobody in the group can reduce");
        }
        double[] shares = new double[n];
        if (n <= 2) {
            for (int i = 0; i < n; i++) {
                shares[i] = bandwidths[i] > 0 ? 1.0 / reducers : 0;
            }
        } else {
            double sum = Arrays.stream(bandwidths).sum();
            double slowest = Arrays.stream(bandwidths).filter(b -> b > 0).min().orElseThrow();
            double xi = Math.max(1 / slowest, (n - 2 + reducers) / sum);
            double total = 0;
            for (int i = 0; i < n; i++) {
                shares[i] = bandwidths[i] > 0 ? Math.max(0, (xi * bandwidths[i] - 1) / (n - 2)) : 0;
                total += shares[i];
            }
            for (int i = 0; i < n; i++) {
                shares[i] /= total;
            }
        }
        if (!Double.isFinite(Arrays.stream(shares).sum())) {
            throw new IllegalArgumentException("Bandwidths that have no ratio: " + Arrays.toString(bandwidths));
        }
        return round(shares, elements);
    }

    /** Whether a line can be so fast, in bytes a second; 0 if its owner reduces nothing. */
    static boolean isPossible(double bandwidth) {
        return bandwidth == 0 || canReduceWith(bandwidth);
    }

    /** Whether a line can be so fast that reduces something. */
    static boolean canReduceWith(double bandwidth) {
        return bandwidth >= LEAST_BANDWIDTH && bandwidth <= MOST_BANDWIDTH;
    }

    /**
     * How many parts a member keeps under way to one reducer: as many as the run allows, but no more than its line carries in a
     * quarter of the part timeout, for they share it, and who brings nothing for a part timeout is left out.
     *
     * @param bytesPerSecond of the member's line; 0 if nobody knows
     * @param reducers in the member's subgroup, itself perhaps one of them
     * @param partBytes of an encoded part
     */
    static int partsInFlight(AveragingSettings settings, double bytesPerSecond, long reducers, long partBytes) {
        double carried = bytesPerSecond == 0
                ? settings.bytesInFlight()
                : bytesPerSecond * settings.partTimeout().toNanos() / 4e9;
        double bytes = Math.min(settings.bytesInFlight(), carried);
        long others = Math.max(1, reducers - 1);
        return (int) Math.max(1, Math.min(settings.partsInFlight(), bytes / others / Math.max(1, partBytes)));
    }

    /**
     * How long silence is borne: the run's part timeout, or longer where the slowest member needs longer for one part to each
     * reducer. Then that takes it a quarter of the time, as above; but nobody is waited for longer than six part timeouts or half of
     * the round.
     *
     * @param slowest bytes a second of the slowest line that is known; 0 if none is
     */
    static Duration partTimeout(AveragingSettings settings, double slowest, long reducers, long partBytes) {
        if (slowest == 0) {
            return settings.partTimeout();
        }
        return atLeastAsConfigured(settings, 4 * Math.max(1, reducers - 1) * partBytes / slowest * 1e9);
    }

    /**
     * The same where the other members are far away: a sign of life has three quarters of the part timeout, and none comes sooner than a
     * call and its answer take. Within the same bounds.
     *
     * @param furthest what the way to the furthest member and back hardly ever takes longer than; zero if that is not known
     */
    static Duration partTimeout(AveragingSettings settings, Duration furthest) {
        return atLeastAsConfigured(settings, furthest.toNanos() * 4.0 / 3);
    }

    private static Duration atLeastAsConfigured(AveragingSettings settings, double neededNanos) {
        double most = Math.min(
                MOST_PART_TIMEOUTS * (double) settings.partTimeout().toNanos(),
                settings.roundTimeout().toNanos() / 2.0);
        return Duration.ofNanos((long) Math.max(settings.partTimeout().toNanos(), Math.min(neededNanos, most)));
    }

    /** Largest remainders, ties to the smaller index. */
    private static int[] round(double[] shares, int elements) {
        int[] result = new int[shares.length];
        int given = 0;
        for (int i = 0; i < shares.length; i++) {
            result[i] = (int) Math.floor(shares[i] * elements);
            given += result[i];
        }
        Integer[] byRemainder = new Integer[shares.length];
        Arrays.setAll(byRemainder, i -> i);
        Arrays.sort(
                byRemainder,
                Comparator.<Integer>comparingDouble(i -> -(shares[i] * elements - Math.floor(shares[i] * elements))));
        for (int k = 0; given < elements; k = (k + 1) % byRemainder.length) {
            if (shares[byRemainder[k]] > 0) {
                result[byRemainder[k]]++;
                given++;
            }
        }
        return result;
    }
}
