package org.starling.auth.page;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times as people say them. */
final class Ago {

    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Ago() {}

    /** {@code 2 minutes ago}. */
    static String of(Instant then, Instant now) {
        Duration ago = Duration.between(then, now);
        if (ago.toSeconds() < 60) {
            return ago.toSeconds() < 5 ? "just now" : ago.toSeconds() + " seconds ago";
        }
        if (ago.toMinutes() < 120) {
            return count(ago.toMinutes(), "minute");
        }
        if (ago.toHours() < 48) {
            return count(ago.toHours(), "hour");
        }
        return ago.toDays() < 730 ? count(ago.toDays(), "day") : count(ago.toDays() / 365, "year");
    }

    /** {@code 2026-11-27 09:30 UTC}. */
    static String moment(Instant instant) {
        return MOMENT.format(instant);
    }

    private static String count(long number, String unit) {
        return number + " " + unit + (number == 1 ? "" : "s") + " ago";
    }
}
