package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ReminderTest {

    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

    @Test
    void remindsLessAndLess() {
        AtomicReference<Instant> now = new AtomicReference<>(START);
        Reminder reminder = new Reminder(now::get);
        List<Long> minutes = new ArrayList<>();
        for (int second = 0; second <= 4 * 3600; second += 5) {
            now.set(START.plusSeconds(second));
            if (reminder.isDue()) {
                minutes.add(Duration.between(START, now.get()).toMinutes());
            }
        }
        assertThat(minutes)
                .containsExactly(
                        0L, 1L, 2L, 3L, 4L, 5L, 10L, 15L, 20L, 25L, 30L, 35L, 40L, 45L, 50L, 55L, 60L, 120L, 180L,
                        240L);
    }

    @Test
    void saysSinceWhen() {
        assertThat(Reminder.since("2026-11-22T10:00:00Z", START.plusSeconds(59)))
                .isEqualTo("since less than a minute");
        assertThat(Reminder.since("2026-11-22T10:00:00Z", START.plusSeconds(140)))
                .isEqualTo("since 2 min");
        assertThat(Reminder.since("2026-11-22T10:00:00Z", START.plusSeconds(3 * 3600)))
                .isEqualTo("since 3 h");
        assertThat(Reminder.since("2026-11-22T10:00:00Z", START.plus(Duration.ofDays(3))))
                .isEqualTo("since 3 days");
        assertThat(Reminder.since("yesterday", START)).isEqualTo("since yesterday");
    }
}
