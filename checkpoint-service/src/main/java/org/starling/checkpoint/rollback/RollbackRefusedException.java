package org.starling.checkpoint.rollback;

import org.jspecify.annotations.Nullable;

/** A rollback was not ordered. The message says why and, where there is a remedy, what it is. */
public final class RollbackRefusedException extends Exception {
    private final Reason reason;

    /** Whose fault it is. */
    public enum Reason {
        UNKNOWN_CHECKPOINT,
        UNUSABLE_CHECKPOINT,
        /** The bearer token is missing or not valid. */
        NOT_AUTHENTICATED,
        /** The bearer is no operator of the run. */
        NOT_AN_OPERATOR,
        AUTH_SERVICE_UNAVAILABLE,
        /** The auth service answered something else than an order. */
        AUTH_SERVICE_FAILED,
        /** The swarm did not take the order. */
        NOT_ACCEPTED
    }

    public RollbackRefusedException(Reason reason, String message) {
        this(reason, message, null);
    }

    RollbackRefusedException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
