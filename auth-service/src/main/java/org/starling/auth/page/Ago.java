package org.starling.auth.page;

import java.time.Duration;
import java.time.Instant;

/** Times as people say them. */
final class Ago {

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
        return ago.toHours() < 48 ? count(ago.toHours(), "hour") : count(ago.toDays(), "day");
    }

    private static String count(long number, String unit) {
        return number + " " + unit + (number == 1 ? "" : "s") + " ago";
    }
}
