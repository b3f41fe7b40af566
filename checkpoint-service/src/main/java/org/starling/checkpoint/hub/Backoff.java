package org.starling.checkpoint.hub;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When and how long to wait before a request is sent again: the rule of the Hub's own clients. Waits of 1, 2, 4, 8 and 8
 * seconds; on 429 the time left of the rate limit's window; else what {@code Retry-After} says.
 */
final class Backoff {
    /** Tries after the first one. */
    static final int RETRIES = 5;

    private static final Set<Integer> RETRYABLE = Set.of(408, 429, 500, 502, 503, 504);
    private static final List<Duration> WAITS = List.of(seconds(1), seconds(2), seconds(4), seconds(8), seconds(8));
    private static final Duration LONGEST = Duration.ofMinutes(6);
    private static final Pattern WINDOW = Pattern.compile("r=0;\\s*t=(\\d{1,6})");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");

    private Backoff() {}

    static boolean isRetryable(int status) {
        return RETRYABLE.contains(status);
    }

    /** Before the try after the given number of failed ones, from 1. */
    static Duration afterFailure(int failures) {
        return WAITS.get(Math.min(failures, WAITS.size()) - 1);
    }

    /** What the answer says of how long to wait. */
    static Optional<Duration> told(int status, HttpHeaders headers) {
        Optional<Duration> window = status == 429
                ? headers.firstValue("RateLimit")
                        .map(WINDOW::matcher)
                        .filter(Matcher::find)
                        .map(m -> seconds(m.group(1)))
                : Optional.empty();
        return window.or(() -> headers.firstValue("Retry-After")
                        .filter(value -> SECONDS.matcher(value).matches())
                        .map(Backoff::seconds))
                .map(wait -> wait.plusSeconds(1))
                .map(wait -> wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
    }

    private static Duration seconds(String digits) {
        return seconds(Integer.parseInt(digits));
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }
}
