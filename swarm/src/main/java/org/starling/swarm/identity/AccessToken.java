package org.starling.swarm.identity;

import java.time.Instant;
import java.util.Set;

/**
 * What a verified access token says.
 *
 * @param compact the signed token itself, a JWT of the RFC 9068 profile, to be shown to other peers
 * @param tokenId {@code jti}
 * @param run {@code aud}
 * @param accountId {@code sub}: stable
 * @param accountName {@code name}: for people, may change
 * @param certificateThumbprint {@code cnf.x5t#S256} (RFC 8705): the only TLS certificate that may present the token
 * @param peer {@code cnf.peer}: the only Ed25519 key whose records it vouches for
 */
public record AccessToken(
        String compact,
        String tokenId,
        String run,
        String accountId,
        String accountName,
        Set<Role> roles,
        String certificateThumbprint,
        PeerId peer,
        Instant issuedAt,
        Instant expiresAt) {
    /** Of an account's id and of its name, in whatever speaks of an account. */
    public static final int MAX_NAME_CHARACTERS = 128;

    public AccessToken {
        roles = Set.copyOf(roles);
    }

    /** @throws CredentialException if the certificate is not the one that the token is bound to */
    public void requireCertificate(String thumbprint) {
        if (!certificateThumbprint.equals(thumbprint)) {
            throw new CredentialException(
                    CredentialException.Reason.WRONG_CERTIFICATE,
                    "The token of " + accountName + " is bound to another TLS certificate; a token is of use only to"
                            + " the peer that asked for it");
        }
    }

    /** The compact form is a credential and stays out of logs. */
    @Override
    public String toString() {
        return "AccessToken[" + tokenId + " of " + accountName + " for peer " + peer.abbreviated() + " in " + run
                + ", roles " + roles + ", until " + expiresAt + "]";
    }
}
