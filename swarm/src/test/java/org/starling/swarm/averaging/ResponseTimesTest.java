package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ResponseTimesTest {
    private static final Duration USUAL = Duration.ofSeconds(8);

    private final ResponseTimes responseTimes = new ResponseTimes();
    private final String near = "near:7000";
    private final String far = "far:7000";

    private void measure(String to, int times, Duration took) {
        for (int i = 0; i < times; i++) {
            responseTimes.measured(to, took);
        }
    }

    @Test
    void waitsTheUsualTimeForAStranger() {
        measure(near, 10, Duration.ofMillis(20));

        assertThat(responseTimes.patience(far, USUAL, 0.25, 3)).isEqualTo(USUAL);
    }

    @Test
    void waitsLessForAPeerThatIsNear() {
        measure(near, 30, Duration.ofMillis(20));

        assertThat(responseTimes.patience(near, USUAL, 0.25, 3)).isEqualTo(USUAL.dividedBy(4));
    }

    @Test
    void waitsLongerForAPeerThatIsFar() {
        measure(far, 30, Duration.ofMillis(1500));

        assertThat(responseTimes.patience(far, USUAL, 0.25, 3))
                .isBetween(Duration.ofSeconds(15), USUAL.multipliedBy(3));
    }

    @Test
    void neverWaitsLongerThanThreeTimesTheUsualTime() {
        measure(far, 30, Duration.ofSeconds(20));

        assertThat(responseTimes.patience(far, USUAL, 0.25, 3)).isEqualTo(USUAL.multipliedBy(3));
    }

    @Test
    void allowsForAnswersThatTakeNowLongNowShort() {
        measure(near, 40, Duration.ofMillis(400));
        Duration steady = responseTimes.patience(near, USUAL, 0.25, 3);
        for (int i = 0; i < 20; i++) {
            measure(near, 1, Duration.ofMillis(i % 2 == 0 ? 100 : 700));
        }

        assertThat(responseTimes.patience(near, USUAL, 0.25, 3)).isGreaterThan(steady);
    }
}
