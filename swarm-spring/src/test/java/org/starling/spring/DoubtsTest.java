package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoubtsTest {
    private final Doubts doubts = new Doubts();

    /** Seconds at which a doubt that comes each second is asked about. */
    private List<Integer> asked(int from, int seconds) {
        List<Integer> asked = new ArrayList<>();
        for (int second = from; second < from + seconds; second++) {
            if (doubts.isWorthAsking(Instant.EPOCH.plusSeconds(second))) {
                asked.add(second);
            }
        }
        return asked;
    }

    @Test
    void areAskedAboutMoreAndMoreSeldom() {
        assertThat(asked(0, 1000)).containsExactly(0, 60, 180, 420, 900);
    }

    @Test
    void areAskedAboutOnceAnHourAtLeast() {
        asked(0, 100_000);
        assertThat(asked(100_000, 10 * (int) Duration.ofHours(1).toSeconds())).hasSize(10);
    }

    @Test
    void areAskedAboutSoonAgainOnceTheyWereRight() {
        assertThat(asked(0, 200)).containsExactly(0, 60, 180);
        doubts.wereRight();
        assertThat(asked(200, 400)).containsExactly(420, 480);
    }
}
