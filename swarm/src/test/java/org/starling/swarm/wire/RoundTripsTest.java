package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RoundTripsTest {
    private static final Duration USUAL = Duration.ofSeconds(8);

    private final RoundTrips roundTrips = new RoundTrips();
    private final Endpoint near = new Endpoint("near:7000", null);
    private final Endpoint far = new Endpoint("far:7000", null);

    private void measure(Endpoint to, int times, Duration took) {
        for (int i = 0; i < times; i++) {
            roundTrips.measured(to, took);
        }
    }

    @Test
    void waitsTheUsualTimeForAStranger() {
        measure(near, 10, Duration.ofMillis(20));

        assertThat(roundTrips.patience(far, USUAL)).isEqualTo(USUAL);
    }

    @Test
    void waitsLessForAPeerThatIsNear() {
        measure(near, 30, Duration.ofMillis(20));

        assertThat(roundTrips.patience(near, USUAL)).isEqualTo(USUAL.dividedBy(4));
    }

    @Test
    void waitsLongerForAPeerThatIsFar() {
        measure(far, 30, Duration.ofMillis(1500));

        assertThat(roundTrips.patience(far, USUAL)).isBetween(Duration.ofSeconds(15), USUAL.multipliedBy(3));
    }

    @Test
    void neverWaitsLongerThanThreeTimesTheUsualTime() {
        measure(far, 30, Duration.ofSeconds(20));

        assertThat(roundTrips.patience(far, USUAL)).isEqualTo(USUAL.multipliedBy(3));
    }

    @Test
    void allowsForAnswersThatTakeNowLongNowShort() {
        measure(near, 40, Duration.ofMillis(400));
        Duration steady = roundTrips.patience(near, USUAL);
        for (int i = 0; i < 20; i++) {
            measure(near, 1, Duration.ofMillis(i % 2 == 0 ? 100 : 700));
        }

        assertThat(roundTrips.patience(near, USUAL)).isGreaterThan(steady);
    }
}
