package org.starling.auth.device;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.hub.HubAccount;
import org.starling.swarm.identity.PeerId;

/**
 * What machines show instead of their owner's login. A credential says whose the peer is, and asks for that peer's tokens
 * and nothing else; those who steal it need the peer's key too.
 */
@Service
public class PeerCredentials {

    /** By this beginning everybody, secret scanners included, tells it from other tokens. */
    public static final String PREFIX = "starling_peer_";

    /** Request attribute: the only peer that the caller may speak for, a {@link PeerId}. */
    public static final String BOUND_PEER = "starling.bound-peer";

    /** Counted from the last use: a peer that takes part asks for a token twice a day. */
    static final Duration LIFETIME = Duration.ofDays(90);

    /** Of one account: each is a row that is kept, and in the audit log for ever. */
    static final int MAX_MACHINES = 500;

    private static final Duration EXTENSION_STEP = Duration.ofDays(1);

    private final PeerCredentialRepository credentials;
    private final AuditLog audit;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    PeerCredentials(PeerCredentialRepository credentials, AuditLog audit, InstantSource clock) {
        this.credentials = credentials;
        this.audit = audit;
        this.clock = clock;
    }

    /** A credential, which is told only now. */
    record Issued(String token, Account account, Duration lifetime) {}

    /**
     * Whom a credential stands for.
     *
     * @param account who speaks for the peer
     * @param peer the only peer whose tokens may be asked for
     */
    public record Bearer(HubAccount account, PeerId peer) {}

    /**
     * Gives a peer a credential in the place of the one that it may have.
     *
     * @param deviceName what the machine calls itself, or null
     * @param how in which way the person proved who they are, for the audit log
     * @throws OAuthException if the account has too many
     */
    @Transactional
    Issued issue(Account account, PeerId peer, @Nullable String deviceName, String how) {
        Instant now = clock.instant();
        credentials.deleteExpiredBefore(now);
        boolean renewed = credentials.existsByAccountIdAndPeer(account.id(), peer.toString());
        if (!renewed && credentials.countByAccountId(account.id()) >= MAX_MACHINES) {
            throw new OAuthException(
                    "invalid_request",
                    account.name() + " has " + MAX_MACHINES
                            + " machines; log some out under 'Your machines' on the auth service's pages");
        }
        String token = PREFIX + Secret.random(random);
        credentials.replace(Secret.hash(token), account.id(), peer.toString(), deviceName, now, now.plus(LIFETIME));
        if (!renewed) {
            audit.record(account.toString(), "peer.enrol", peer.toString(), how);
        }
        return new Issued(token, account, LIFETIME);
    }

    /** Logs a machine out: its credential is good for nothing any more. A problem 404 if it has none of this account. */
    @Transactional
    public void revoke(Account account, PeerId peer) {
        if (credentials.delete(account.id(), peer.toString()) == 0) {
            throw Problem.notFound(
                    "No machine with the key " + peer.abbreviated() + " is logged in for " + account.name());
        }
        audit.record(account.toString(), "peer.logout", peer.toString(), "");
    }

    /** Whom the credential stands for; empty if it is unknown or was not used for too long. */
    @Transactional
    public Optional<Bearer> identify(String token) {
        Instant now = clock.instant();
        return credentials
                .findByTokenHash(Secret.hash(token))
                .filter(credential -> now.isBefore(credential.expiresAt()))
                .map(credential -> {
                    if (credential.expiresAt().isBefore(now.plus(LIFETIME).minus(EXTENSION_STEP))) {
                        credential.extend(now.plus(LIFETIME));
                    }
                    Account account = credential.account();
                    return new Bearer(new HubAccount(account.hubId(), account.name()), credential.peer());
                });
    }
}
