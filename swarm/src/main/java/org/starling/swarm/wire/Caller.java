package org.starling.swarm.wire;

import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;

/** An authenticated peer: its verified token and its raw Ed25519 public key. */
public record Caller(AccessToken token, byte[] publicKey) {
    public PeerId peer() {
        return token.peer();
    }

    /** @throws RefusalException if the token does not give this role */
    public void require(Role role) {
        if (!token.roles().contains(role)) {
            throw new RefusalException(
                    RefusalException.Reason.WRONG_ROLE,
                    token.accountName() + " may be " + token.roles() + " here, which does not include " + role);
        }
    }

    @Override
    public String toString() {
        return token.accountName() + "/" + peer().abbreviated();
    }
}
