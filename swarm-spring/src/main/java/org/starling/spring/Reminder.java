package org.starling.spring;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** When to say again that one still waits: every minute at first, every five minutes then, every hour in the end. */
final class Reminder {
    private static final Duration OFTEN = Duration.ofMinutes(1);
    private static final Duration OFTEN_UNTIL = Duration.ofMinutes(5);
    private static final Duration SOMETIMES = Duration.ofMinutes(5);
    private static final Duration SOMETIMES_UNTIL = Duration.ofHours(1);
    private static final Duration SELDOM = Duration.ofHours(1);

    private final InstantSource clock;
    private @Nullable Instant first;
    private Instant last = Instant.MIN;

    Reminder(InstantSource clock) {
        this.clock = clock;
    }

    /** Whether to say it now; then the time counts from now. True at the first call. */
    boolean isDue() {
        Instant now = clock.instant();
        Instant begun = first;
        if (begun == null) {
            first = now;
            last = now;
            return true;
        }
        Duration waited = Duration.between(begun, now);
        Duration pause = waited.compareTo(OFTEN_UNTIL) <= 0
                ? OFTEN
                : waited.compareTo(SOMETIMES_UNTIL) <= 0 ? SOMETIMES : SELDOM;
        if (now.isBefore(last.plus(pause))) {
            return false;
        }
        last = now;
        return true;
    }

    /**
     * {@code since 2 min}.
     *
     * @param since an instant as the auth service tells it
     */
    static String since(String since, Instant now) {
        Duration waited;
        try {
            waited = Duration.between(Instant.parse(since), now);
        } catch (DateTimeParseException e) {
            return "since " + since;
        }
        if (waited.toMinutes() < 1) {
            return "since less than a minute";
        }
        if (waited.toHours() < 2) {
            return "since " + waited.toMinutes() + " min";
        }
        return waited.toDays() < 2 ? "since " + waited.toHours() + " h" : "since " + waited.toDays() + " days";
    }
}
