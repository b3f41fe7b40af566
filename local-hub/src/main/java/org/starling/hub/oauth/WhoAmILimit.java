package org.starling.hub.oauth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;

/** How often a token may ask whom it stands for, in windows of a minute of the clock. Thread-safe. */
@Component
final class WhoAmILimit {

    private final int perMinute;
    private final InstantSource clock;
    private final Map<String, Integer> asked = new HashMap<>();
    private Instant window = Instant.EPOCH;

    WhoAmILimit(HubProperties properties, InstantSource clock) {
        this.perMinute = properties.whoAmIPerMinute();
        this.clock = clock;
    }

    /** Counts a question; returns how long to wait if it is one too many, else zero. */
    synchronized Duration take(String credentials) {
        if (perMinute <= 0) {
            return Duration.ZERO;
        }
        Instant now = clock.instant();
        Instant minute = now.truncatedTo(ChronoUnit.MINUTES);
        if (!minute.equals(window)) {
            window = minute;
            asked.clear();
        }
        return asked.merge(credentials, 1, Integer::sum) <= perMinute
                ? Duration.ZERO
                : Duration.between(now, minute.plus(1, ChronoUnit.MINUTES));
    }
}
