package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.run.AveragingSettings;

class LoadBalancerTest {
    static IntStream seeds() {
        return IntStream.range(0, 50);
    }

    /** The time of the slowest peer, in elements per unit of bandwidth. */
    private static double time(double[] bandwidths, double[] shares) {
        int n = bandwidths.length;
        return IntStream.range(0, n)
                .filter(i -> bandwidths[i] > 0)
                .mapToDouble(i -> (1 + (n - 2) * shares[i]) / bandwidths[i])
                .max()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noRandomSplitIsFaster(int seed) {
        Random random = new Random(seed);
        double[] bandwidths = new double[3 + random.nextInt(8)];
        Arrays.setAll(bandwidths, i -> random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(100));
        bandwidths[0] = 10;
        int elements = 1_000_000;

        int[] split = LoadBalancer.split(bandwidths, elements);

        assertThat(Arrays.stream(split).sum()).isEqualTo(elements);
        double best = time(
                bandwidths,
                Arrays.stream(split).mapToDouble(s -> s / (double) elements).toArray());
        for (int i = 0; i < bandwidths.length; i++) {
            assertThat(split[i] > 0 && bandwidths[i] == 0).isFalse();
        }
        for (int trial = 0; trial < 200; trial++) {
            double[] shares = Arrays.stream(bandwidths)
                    .map(b -> b > 0 ? random.nextDouble() : 0)
                    .toArray();
            double sum = Arrays.stream(shares).sum();
            double[] normalized = Arrays.stream(shares).map(s -> s / sum).toArray();
            assertThat(best).isLessThanOrEqualTo(time(bandwidths, normalized) * 1.0001);
        }
    }

    @Test
    void oneAndTwoPeersShareEqually() {
        assertThat(LoadBalancer.split(new double[] {5}, 7)).containsExactly(7);
        assertThat(LoadBalancer.split(new double[] {5, 50}, 7)).containsExactly(4, 3);
        assertThat(LoadBalancer.split(new double[] {0, 50}, 7)).containsExactly(0, 7);
        assertThatThrownBy(() -> LoadBalancer.split(new double[] {0, 0}, 7)).hasMessageContaining("reduce");
    }

    @Test
    void silenceIsBorneAsLongAsASignOfLifeTakesWithinBounds() {
        AveragingSettings run = AveragingSettings.defaults().withPartTimeout(Duration.ofSeconds(2));

        assertThat(LoadBalancer.partTimeout(run, Duration.ZERO)).isEqualTo(Duration.ofSeconds(2));
        assertThat(LoadBalancer.partTimeout(run, Duration.ofMillis(1500))).isEqualTo(Duration.ofSeconds(2));
        assertThat(LoadBalancer.partTimeout(run, Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(4));
        assertThat(LoadBalancer.partTimeout(run, Duration.ofMinutes(1))).isEqualTo(Duration.ofSeconds(12));
    }

    /** Found by Jazzer: a claim of almost no bandwidth made shares that are no numbers, and whoever led computed for ever. */
    @Test
    void bandwidthsWithoutARatioAreRefused() {
        assertThatThrownBy(() -> LoadBalancer.split(new double[] {1e6, 1e6, Double.MIN_VALUE}, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no ratio");
        assertThat(LoadBalancer.isPossible(Double.MIN_VALUE)).isFalse();
        assertThat(LoadBalancer.isPossible(Double.NaN)).isFalse();
        assertThat(LoadBalancer.split(new double[] {LoadBalancer.MOST_BANDWIDTH, 1e6, LoadBalancer.LEAST_BANDWIDTH}, 7))
                .satisfies(parts -> assertThat(Arrays.stream(parts).sum()).isEqualTo(7));
    }
}
