package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.run.AveragingSettings;

class BandwidthTest {
    private static final long SECOND = 1_000_000_000;
    private static final int PART = 1 << 17;

    /** Parts of both directions over a line of 10 MB/s in each, which come a little earlier or later than is even. */
    private static long moveEvenly(TrafficLog log, Random random, long from, int parts) {
        long now = from;
        for (int i = 0; i < parts; i++) {
            now += (long) (PART / 20e6 * SECOND * (0.5 + random.nextDouble()));
            log.moved(now, PART);
        }
        return now;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void waitingForOthersAndForOneSlowPeerDoesNotCount(long seed) {
        TrafficLog log = new TrafficLog();
        log.moved(0, PART);
        // the others come a second late
        long now = moveEvenly(log, new Random(seed), SECOND, 100);
        // the last tenth comes from a peer that needs half a second for a part
        for (int i = 0; i < 10; i++) {
            now += SECOND / 2;
            log.moved(now, PART);
        }

        assertThat(log.bytesPerSecond().orElseThrow()).as("seed %d", seed).isCloseTo(10e6, within(2e6));
    }

    @Test
    void aBurstIsNotTheLine() {
        TrafficLog log = new TrafficLog();
        long now = moveEvenly(log, new Random(1), 0, 50);
        for (int i = 0; i < 10; i++) {
            log.moved(now, PART);
        }
        moveEvenly(log, new Random(2), now, 50);

        assertThat(log.bytesPerSecond().orElseThrow()).isCloseTo(10e6, within(3e6));
    }

    @Test
    void ofALittleNothingFollows() {
        TrafficLog log = new TrafficLog();
        moveEvenly(log, new Random(1), 0, 10);

        assertThat(log.bytesPerSecond()).isEmpty();
        assertThat(new TrafficLog().bytesPerSecond()).isEmpty();
    }

    @Test
    void whatIsMeasuredReplacesWhatWasConfiguredAndAgesWithTheRounds() {
        Bandwidth bandwidth = new Bandwidth(1e6);
        assertThat(bandwidth.bytesPerSecond()).isEqualTo(1e6);

        bandwidth.measured(5e6);
        bandwidth.measured(3e6);
        assertThat(bandwidth.bytesPerSecond()).isEqualTo(5e6);

        for (int i = 0; i < 7; i++) {
            bandwidth.measured(2e6);
        }
        assertThat(bandwidth.bytesPerSecond()).isEqualTo(3e6);
    }

    @Test
    void whoWantsToReduceNothingReducesNothing() {
        Bandwidth bandwidth = new Bandwidth(0);

        bandwidth.measured(5e6);

        assertThat(bandwidth.bytesPerSecond()).isZero();
    }

    private static AveragingSettings settings(int most) {
        return new AveragingSettings(
                "none",
                0,
                most,
                16 << 20,
                Duration.ofSeconds(1),
                Duration.ofSeconds(4),
                Duration.ofSeconds(60),
                0,
                0,
                0,
                false);
    }

    private static int partsInFlight(int most, double bytesPerSecond, long reducers, long partBytes) {
        return LoadBalancer.partsInFlight(settings(most), bytesPerSecond, reducers, partBytes);
    }

    @Test
    void silenceIsBorneAsLongAsTheSlowestLineNeeds() {
        assertThat(LoadBalancer.partTimeout(settings(64), 12.5e6, 4, 1 << 19)).isEqualTo(Duration.ofSeconds(4));
        assertThat(LoadBalancer.partTimeout(settings(64), 0, 4, 1 << 19)).isEqualTo(Duration.ofSeconds(4));
        // four times three parts of half a MiB over half a MiB a second
        assertThat(LoadBalancer.partTimeout(settings(64), 1 << 19, 4, 1 << 19)).isEqualTo(Duration.ofSeconds(12));
        assertThat(LoadBalancer.partTimeout(settings(64), 1, 4, 1 << 19)).isEqualTo(Duration.ofSeconds(24));
        assertThat(LoadBalancer.partTimeout(settings(64).withPartTimeout(Duration.ofSeconds(8)), 1, 4, 1 << 19))
                .isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void partsUnderWayAreBoundedByNumberByBytesAndByTheLine() {
        assertThat(partsInFlight(64, 1e9, 2, 1 << 17)).isEqualTo(64);
        assertThat(partsInFlight(64, 1e9, 4, 1 << 19)).isEqualTo(10);
        assertThat(partsInFlight(64, 1e9, 64, 1 << 19)).isEqualTo(1);
        assertThat(partsInFlight(8, 1e9, 1, 100)).isEqualTo(8);
        // what it carries in a second
        assertThat(partsInFlight(64, 3 << 20, 4, 1 << 19)).isEqualTo(2);
        assertThat(partsInFlight(64, 1 << 16, 4, 1 << 19)).isEqualTo(1);
        assertThat(partsInFlight(64, 0, 4, 1 << 19)).isEqualTo(10);
    }
}
