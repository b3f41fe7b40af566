package org.starling.auth.hub;

/** The hub does not know the token, or it does not stand for a person. */
public final class InvalidHubTokenException extends RuntimeException {
    public InvalidHubTokenException(String message) {
        super(message);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
