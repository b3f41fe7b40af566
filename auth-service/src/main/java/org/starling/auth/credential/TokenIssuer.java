package org.starling.auth.credential;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.AuthProperties;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.admission.MembershipCondition;
import org.starling.auth.authority.Authority;
import org.starling.auth.authority.Authority.Keyring;
import org.starling.auth.ban.Bans;
import org.starling.auth.order.OrderIssuer;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;

/**
 * Issues tokens: checks that the caller holds the peer's key, that the account may take part and may have the roles, and
 * binds all of it together under the authority's signature.
 */
@Service
public class TokenIssuer {

    private final Admissions admissions;
    private final Bans bans;
    private final Authority authority;
    private final OrderIssuer orders;
    private final PeerKeyRepository peerKeys;
    private final IssuedTokenRepository issuedTokens;
    private final UsedProofs usedProofs;
    private final AuthProperties properties;
    private final InstantSource clock;

    TokenIssuer(
            Admissions admissions,
            Bans bans,
            Authority authority,
            OrderIssuer orders,
            PeerKeyRepository peerKeys,
            IssuedTokenRepository issuedTokens,
            UsedProofs usedProofs,
            AuthProperties properties,
            InstantSource clock) {
        this.admissions = admissions;
        this.bans = bans;
        this.authority = authority;
        this.orders = orders;
        this.peerKeys = peerKeys;
        this.issuedTokens = issuedTokens;
        this.usedProofs = usedProofs;
        this.properties = properties;
        this.clock = clock;
    }

    /** What came of asking for a token. */
    public sealed interface Outcome {
        /**
         * The token, and what goes with it.
         *
         * @param keys the authority at that moment
         * @param orders the first ones of the run
         */
        record Issued(AccessToken token, Keyring keys, OrderIssuer.First orders) implements Outcome {}

        /** A moderator has to decide first. */
        record Pending(Instant since) implements Outcome {}

        /**
         * The person has to log in at the hub first, which said too long ago what a rule admitted them for.
         *
         * @param admittedAs what the rule demanded
         * @param told when the hub said so; null if that is not known
         */
        record Unconfirmed(
                MembershipCondition admittedAs, @Nullable Instant told) implements Outcome {}
    }

    /**
     * Issues a token, or says what is missing.
     *
     * @param publicKey raw Ed25519 key, 32 bytes
     * @param certificate the peer's TLS certificate, DER
     * @param roles what the peer wants to be, not empty
     * @throws CredentialException if the proof or the certificate is wrong
     * @throws org.springframework.web.ErrorResponseException 403 if the account was refused or
     *     banned or may not have a role
     */
    @Transactional
    public Outcome issue(
            Run run, Account account, byte[] publicKey, byte[] certificate, Set<Role> roles, PeerProof proof) {
        Instant now = clock.instant();
        X509Certificate parsed = Certificates.parse(certificate);
        proof.verify(publicKey, parsed, run.name(), now);
        PeerId peer = PeerId.ofPublicKey(publicKey);
        if (!usedProofs.use(peer, proof.nonce(), now)) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_PROOF, "The proof was used before; make a new one for each request");
        }
        requireNotBanned(run, account, peer);
        JoinRequest request = admissions.ask(run, account);
        switch (request.state()) {
            case PENDING -> {
                return new Outcome.Pending(request.requestedAt());
            }
            case REFUSED ->
                throw Problem.forbidden(
                        "Refused", account.name() + " may not take part in " + run.name() + ": " + request.reason());
            case APPROVED -> requireRoles(run, account, roles);
        }
        if (admissions.isUnconfirmed(request)) {
            return new Outcome.Unconfirmed(request.rule().orElseThrow(), account.organizationsAt());
        }
        String thumbprint = Certificates.thumbprint(parsed);
        PeerKey key = own(peer, publicKey, thumbprint, account, now);
        Keyring keys = authority.keyring();
        AccessToken token = keys.signing()
                .issueToken(
                        keys.issuer(),
                        run.name(),
                        account.hubId(),
                        account.name(),
                        roles,
                        peer,
                        thumbprint,
                        now,
                        now.plus(properties.tokenLifetime()));
        issuedTokens.save(new IssuedToken(token, run, key));
        return new Outcome.Issued(token, keys, orders.first(run, keys));
    }

    private void requireNotBanned(Run run, Account account, PeerId peer) {
        bans.find(run, account, peer).ifPresent(ban -> {
            throw Problem.forbidden(
                    "Banned",
                    (ban.account() == null ? "This peer" : account.name()) + " is banned from " + run.name() + ": "
                            + ban.reason());
        });
    }

    private PeerKey own(PeerId peer, byte[] publicKey, String thumbprint, Account account, Instant now) {
        peerKeys.insertIfAbsent(account.id(), peer.toString(), publicKey, thumbprint, now);
        PeerKey key = peerKeys.findByPeer(peer.toString()).orElseThrow();
        if (key.account().id() != account.id()) {
            throw Problem.conflict("The peer key " + peer.abbreviated()
                    + " belongs to another account; start this peer with a new identity file");
        }
        key.useCertificate(thumbprint);
        return key;
    }

    private static void requireRoles(Run run, Account account, Set<Role> roles) {
        if (roles.contains(Role.AUXILIARY) && !run.hasOffice(account, Office.AUXILIARY)) {
            Set<String> others = roles.stream()
                    .filter(role -> role != Role.AUXILIARY)
                    .map(Role::claim)
                    .collect(Collectors.toSet());
            throw Problem.forbidden(
                    "Role not granted",
                    account.name() + " may not run auxiliary peers in " + run.name() + "; ask an operator"
                            + (others.isEmpty() ? "" : ", or ask for the roles " + others + " only"));
        }
    }
}
