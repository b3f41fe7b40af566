package org.starling.hub.oauth;

import org.springframework.http.HttpStatus;

/** An error of the token, device or user info endpoint, told as OAuth tells it. */
final class OAuthException extends RuntimeException {

    private final HttpStatus status;
    private final String error;

    OAuthException(HttpStatus status, String error, String description) {
        super(description);
        this.status = status;
        this.error = error;
    }

    static OAuthException badRequest(String error, String description) {
        return new OAuthException(HttpStatus.BAD_REQUEST, error, description);
    }

    HttpStatus status() {
        return status;
    }

    String error() {
        return error;
    }

    String description() {
        return String.valueOf(getMessage());
    }
}
