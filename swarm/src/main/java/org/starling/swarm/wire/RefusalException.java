package org.starling.swarm.wire;

/** A "no" that says why. It crosses the wire: the caller's future fails with an equal one. */
public final class RefusalException extends RuntimeException {
    /** Why; the names go over the wire and into counters. */
    public enum Reason {
        /** The connection has not said who it is, or its token is not good; the message says which. */
        NOT_AUTHENTICATED,
        /** The token is signed by a key that the answering peer does not trust: one of the two lacks news of the authority. */
        UNKNOWN_KEY,
        WRONG_ROLE,
        BANNED,
        /** The caller has told different members of a round different things; nobody averages with it for a while. */
        SHUNNED,
        MALFORMED,
        /** The answering peer is at an earlier epoch than the caller. */
        BEHIND,
        /** The answering peer is at a later epoch or generation than the caller. */
        AHEAD,
        /** Same epoch, another state. */
        FORKED,
        /** The answering peer follows another leader. */
        NOT_LEADER,
        GROUP_FULL,
        /** The round of this epoch has already begun. */
        ROUND_RUNNING,
        UNKNOWN_GROUP,
        /** The sender was too late for this part and is left out of the round. */
        LEFT_OUT,
        UNKNOWN_STATE,
        /** The answering peer has too much to do; later it may answer. */
        BUSY,
        STOPPING,
        /** A reason that this version does not know. */
        OTHER
    }

    private final Reason reason;

    public RefusalException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
