package org.starling.swarm.averaging;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Who reduces how much. In a group of n, peer i with bandwidth b_i that reduces the share w_i needs time proportional to
 * (1 + (n-2) w_i) / b_i. With m peers of bandwidth above zero the best completion time is xi = max(1/b_min, (n-2+m)/sum b),
 * and peer i can take at most (xi b_i - 1)/(n-2). A pure function.
 */
final class LoadBalancer {
    private LoadBalancer() {}

    /**
     * Splits a vector.
     *
     * @param bandwidths of the members in any unit; 0 reduces nothing
     * @return elements for each member, in sum {@code elements}
     * @throws IllegalArgumentException if nobody can reduce
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
        return round(shares, elements);
    }

    /**
     * How many parts a member keeps under way to one reducer.
     *
     * @param most at once
     * @param bytesInFlight to all reducers together
     * @param reducers in the member's subgroup, itself perhaps one of them
     * @param partBytes of an encoded part
     */
    static int partsInFlight(int most, long bytesInFlight, long reducers, long partBytes) {
        long others = Math.max(1, reducers - 1);
        return (int) Math.max(1, Math.min(most, bytesInFlight / others / Math.max(1, partBytes)));
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
