package org.starling.hub.fault;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * How the hub misbehaves.
 *
 * @param path path pattern, such as {@code /api/whoami-v2} or {@code /api/**}
 * @param method HTTP method, or null for any
 * @param kind what happens
 * @param status answer of {@link Kind#STATUS} and {@link Kind#HTML}
 * @param retryAfterSeconds what an answer of 429 tells in {@code RateLimit} as time left, or null for an answer without
 *     that header
 * @param delayMillis how long {@link Kind#DELAY} holds a request, and {@link Kind#TRICKLE} goes on
 * @param times how many requests are met
 */
record Fault(
        String path,
        @Nullable String method,
        Kind kind,
        @Nullable Integer status,
        @Nullable Integer retryAfterSeconds,
        @Nullable Long delayMillis,
        @Nullable Integer times) {

    enum Kind {
        /** The status with a JSON error. */
        STATUS,
        /** The status with a page, as a proxy before the hub answers. */
        HTML,
        /** Status 200 with JSON that has nothing of what was asked for. */
        NONSENSE,
        /** The hub answers, but late. */
        DELAY,
        /** Status 200, and then one space after the other instead of an answer. */
        TRICKLE,
        /** The hub does as asked, but the connection breaks before the answer. */
        DROP
    }

    Fault {
        if (path == null || kind == null) {
            throw new IllegalArgumentException("path and kind are needed");
        }
        PathPatternParser.defaultInstance.parse(path);
        if (status != null && (status < 100 || status > 599)) {
            throw new IllegalArgumentException("status must be between 100 and 599, not " + status);
        }
        if (delayMillis != null && (delayMillis < 0 || delayMillis > 600_000)) {
            throw new IllegalArgumentException("delayMillis must be between 0 and 600000, not " + delayMillis);
        }
        if (times != null && (times < 1 || times > 1_000_000)) {
            throw new IllegalArgumentException("times must be between 1 and 1000000, not " + times);
        }
    }

    boolean meets(String requestMethod, String requestPath) {
        return (method == null || method.equalsIgnoreCase(requestMethod))
                && PathPatternParser.defaultInstance.parse(path).matches(PathContainer.parsePath(requestPath));
    }

    int statusOr(int fallback) {
        return status == null ? fallback : status;
    }

    Duration delay() {
        return Duration.ofMillis(delayMillis == null ? 0 : delayMillis);
    }

    int timesOrOnce() {
        return times == null ? 1 : times;
    }

    Fault withTimes(int left) {
        return new Fault(path, method, kind, status, retryAfterSeconds, delayMillis, left);
    }
}
