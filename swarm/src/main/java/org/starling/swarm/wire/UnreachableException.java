package org.starling.swarm.wire;

import org.jspecify.annotations.Nullable;

/** No answer: the peer could not be connected to, the connection broke, or the deadline passed. */
public final class UnreachableException extends RuntimeException {
    public UnreachableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
