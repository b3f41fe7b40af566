package org.starling.auth.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The hub cannot be asked now. Nobody is let in on the strength of that. */
public final class HubUnavailableException extends RuntimeException {

    private final Duration retryAfter;

    public HubUnavailableException(String message, Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.retryAfter = retryAfter;
    }

    /** When it makes sense to ask again. */
    public Duration retryAfter() {
        return retryAfter;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
