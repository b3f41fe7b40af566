package org.starling.checkpoint.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Hub refused or could not be reached. The message is for an operator and names the request. */
public final class HubException extends IOException {
    private final int status;
    private final boolean retryable;
    private final Optional<Duration> toldWait;

    private HubException(
            String message, int status, boolean retryable, Optional<Duration> toldWait, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
        this.retryable = retryable;
        this.toldWait = toldWait;
    }

    static HubException refused(String message, int status) {
        return new HubException(message, status, false, Optional.empty(), null);
    }

    static HubException answered(String message, int status, Optional<Duration> toldWait) {
        return new HubException(message, status, Backoff.isRetryable(status), toldWait, null);
    }

    static HubException unanswered(String message, Throwable cause) {
        return new HubException(message, 0, true, Optional.empty(), cause);
    }

    /** HTTP status; 0 when there was no answer. */
    int status() {
        return status;
    }

    boolean isRetryable() {
        return retryable;
    }

    /** How long to wait before the next try. */
    Duration waitAfter(int failures) {
        return toldWait.orElseGet(() -> Backoff.afterFailure(failures));
    }
}
