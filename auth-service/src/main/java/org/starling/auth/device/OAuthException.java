package org.starling.auth.device;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** A refusal in the words of OAuth (RFC 6749, section 5.2): a code for the program and a sentence for its owner. */
final class OAuthException extends RuntimeException {

    private final HttpStatus status;
    private final String error;
    private final @Nullable Duration retryAfter;

    OAuthException(String error, String description) {
        this(HttpStatus.BAD_REQUEST, error, description, null);
    }

    OAuthException(HttpStatus status, String error, String description, @Nullable Duration retryAfter) {
        super(description);
        this.status = status;
        this.error = error;
        this.retryAfter = retryAfter;
    }

    HttpStatus status() {
        return status;
    }

    String error() {
        return error;
    }

    /** When to ask again, or null. */
    @Nullable Duration retryAfter() {
        return retryAfter;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
