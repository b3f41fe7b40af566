package org.starling.auth.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;

/**
 * Token buckets, one for each who asks and what for. Each instance of the service counts by itself: n instances allow n times
 * as much, and a limit never waits for the database that it protects.
 */
@Component
public class RateLimits {

    private static final int MAX_REMEMBERED = 200_000;

    private final AuthProperties.Limits limits;
    private final TimeMeter clock;
    private final Cache<String, Bucket> buckets = Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterAccess(Duration.ofMinutes(5))
            .build();

    RateLimits(AuthProperties properties, InstantSource clock) {
        this.limits = properties.limits();
        this.clock = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                Instant now = clock.instant();
                return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
            }

            @Override
            public boolean isWallClockBased() {
                return true;
            }
        };
    }

    /** What is limited. */
    public enum Kind {
        /** Beginning and ending a login in a browser. */
        LOGIN,
        /** Asking to join and for tokens, by one account. */
        JOIN,
        /** Asking to join and for tokens, from one address, where many accounts may be. */
        JOIN_FROM_ADDRESS,
        /** Machines without a browser that ask whether somebody has entered their code. */
        DEVICE,
        /** Tokens that the hub has to be asked about: it answers this service so often and no more. */
        HUB,
        /** Pages asked for by nobody in particular, to which the person comes back after a login. */
        VISIT
    }

    /** Takes one off what the one who asks has left. How long they have to wait; zero if they need not. */
    public Duration take(Kind kind, String who) {
        Bucket bucket = buckets.get(kind + " " + who, key -> bucket(perMinute(kind)));
        ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Duration.ZERO : Duration.ofNanos(probe.getNanosToWaitForRefill());
    }

    private int perMinute(Kind kind) {
        return switch (kind) {
            case LOGIN, VISIT -> limits.loginsPerMinute();
            case JOIN -> limits.joinsPerMinute();
            case JOIN_FROM_ADDRESS -> limits.joinsFromAddressPerMinute();
            case DEVICE -> limits.devicePollsPerMinute();
            case HUB -> limits.hubQuestionsPerMinute();
        };
    }

    private Bucket bucket(int perMinute) {
        Bandwidth bandwidth = Bandwidth.builder()
                .capacity(perMinute)
                .refillGreedy(perMinute, Duration.ofMinutes(1))
                .build();
        return Bucket.builder()
                .addLimit(bandwidth)
                .withCustomTimePrecision(clock)
                .build();
    }
}
