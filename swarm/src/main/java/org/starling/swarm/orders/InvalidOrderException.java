package org.starling.swarm.orders;

import org.jspecify.annotations.Nullable;

/** An order that is not to be obeyed, and why. */
public final class InvalidOrderException extends RuntimeException {
    public InvalidOrderException(String message) {
        this(message, null);
    }

    public InvalidOrderException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
