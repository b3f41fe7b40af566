package org.starling.swarm.identity;

import org.jspecify.annotations.Nullable;

/** A credential that is not good enough, and why. The message is fit to be sent to whoever presented it. */
public final class CredentialException extends RuntimeException {
    /** Why a credential was refused; the names go over the wire and into counters. */
    public enum Reason {
        MALFORMED_TOKEN,
        UNKNOWN_KEY,
        BAD_SIGNATURE,
        WRONG_ISSUER,
        WRONG_RUN,
        TOKEN_EXPIRED,
        TOKEN_NOT_YET_VALID,
        WRONG_CERTIFICATE,
        WRONG_PEER_KEY,
        BAD_CERTIFICATE,
        BAD_PROOF,
        /** The authority has banned the account or the peer. */
        BANNED
    }

    private final Reason reason;

    public CredentialException(Reason reason, String message) {
        this(reason, message, null);
    }

    public CredentialException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
