package org.starling.spring;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.orders.CurrentAuthority;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;

/** The right to take part in a run, verified, and what came with it. Callable from any thread. */
public final class SwarmMembership {
    private static final Logger log = LoggerFactory.getLogger(SwarmMembership.class);

    private final RunConfiguration run;
    private final Set<Role> roles;
    private final Credentials credentials;
    private final CurrentAuthority authority;
    private final List<SignedOrder> orders;
    private final List<Endpoint> entryPoints;
    private volatile Optional<String> renewalProblem = Optional.empty();

    private SwarmMembership(
            RunConfiguration run,
            Set<Role> roles,
            Credentials credentials,
            CurrentAuthority authority,
            List<SignedOrder> orders,
            List<Endpoint> entryPoints) {
        this.run = run;
        this.roles = roles;
        this.credentials = credentials;
        this.authority = authority;
        this.orders = orders;
        this.entryPoints = entryPoints;
    }

    /**
     * Verifies what the auth service gave.
     *
     * @param roles what the peer wants to be
     * @throws IllegalArgumentException or {@link CredentialException} saying what is wrong with it
     */
    static SwarmMembership verify(
            TokenReply reply,
            String runName,
            PeerIdentity identity,
            Set<Role> roles,
            List<String> extraEntryPoints,
            InstantSource clock) {
        if (!reply.run().run().equals(runName)) {
            throw new IllegalArgumentException(
                    "it is for the run " + reply.run().run());
        }
        CurrentAuthority authority = new CurrentAuthority(authorityOf(reply));
        TokenVerifier verifier = new TokenVerifier(authority, runName, clock);
        AccessToken token = verifyToken(verifier, reply.token(), identity, roles);
        List<SignedOrder> orders = ordersOf(reply, authority, runName);
        if (!verifier.isTrusted(token)) {
            throw new CredentialException(
                    CredentialException.Reason.UNKNOWN_KEY, "the key that signed its token has been revoked");
        }
        return new SwarmMembership(
                reply.run(),
                Set.copyOf(roles),
                new Credentials(identity, verifier, token),
                authority,
                orders,
                entryPoints(reply.entryPoints(), extraEntryPoints));
    }

    private static TrustedAuthority authorityOf(TokenReply reply) {
        return TrustedAuthority.ofJwks(reply.issuer(), reply.jwks().toString());
    }

    private static AccessToken verifyToken(
            TokenVerifier verifier, String compact, PeerIdentity identity, Set<Role> roles) {
        AccessToken token = verifier.verify(compact);
        token.requireCertificate(Certificates.thumbprint(identity.certificate()));
        if (!token.peer().equals(identity.id())) {
            throw new IllegalArgumentException("its token is for another peer");
        }
        if (!token.roles().containsAll(roles)) {
            throw new IllegalArgumentException(token.accountName() + " may be " + token.roles() + ", not " + roles);
        }
        return token;
    }

    private static List<SignedOrder> ordersOf(TokenReply reply, CurrentAuthority authority, String run) {
        List<SignedOrder> valid = new ArrayList<>();
        for (String encoded : reply.orders()) {
            try {
                SignedOrder order = SignedOrder.verify(Base64.getDecoder().decode(encoded), authority.get(), run);
                // the ones after it may be signed by a key that it brings
                authority.obey(order.order());
                valid.add(order);
            } catch (InvalidOrderException | IllegalArgumentException e) {
                log.warn("Ignored an order that came with the token: {}", e.getMessage());
            }
        }
        return List.copyOf(valid);
    }

    private static List<Endpoint> entryPoints(List<String> given, List<String> extra) {
        List<Endpoint> endpoints = new ArrayList<>();
        extra.forEach(address -> endpoints.add(new Endpoint(address, null)));
        for (String address : given) {
            try {
                endpoints.add(new Endpoint(address, null));
            } catch (IllegalArgumentException e) {
                log.warn("Ignored an entry point that came with the token: {}", e.getMessage());
            }
        }
        return endpoints.stream().distinct().toList();
    }

    /**
     * Takes over a newer token and the authority's newer keys.
     *
     * @return the orders that came with it
     * @throws IllegalArgumentException or {@link CredentialException} if it cannot be used; then nothing has changed
     */
    List<SignedOrder> renew(TokenReply reply) {
        TrustedAuthority newer = authorityOf(reply);
        TrustedAuthority older = authority.get();
        authority.replace(newer);
        try {
            credentials.renew(verifyToken(credentials.verifier(), reply.token(), identity(), roles));
        } catch (CredentialException | IllegalArgumentException e) {
            authority.replace(older);
            throw e;
        }
        renewalProblem = Optional.empty();
        return ordersOf(reply, authority, run.run());
    }

    /** Follows a change of the authority's keys. */
    void obey(SignedOrder order) {
        authority.obey(order.order());
    }

    /** Whether the key that signed this peer's token is trusted. */
    boolean isTokenTrusted() {
        return credentials.verifier().isTrusted(token());
    }

    void renewalFailed(String problem) {
        renewalProblem = Optional.of(problem);
    }

    /** Why the token could not be renewed, if the last attempt failed. */
    public Optional<String> renewalProblem() {
        return renewalProblem;
    }

    public RunConfiguration run() {
        return run;
    }

    /** What this peer wants to be; its token allows each. */
    public Set<Role> roles() {
        return roles;
    }

    public PeerIdentity identity() {
        return credentials.identity();
    }

    public Credentials credentials() {
        return credentials;
    }

    public AccessToken token() {
        return credentials.token();
    }

    /** The authority as it is known now. */
    public TrustedAuthority authority() {
        return authority.get();
    }

    /** Orders that were known when the peer joined, oldest first. */
    public List<SignedOrder> orders() {
        return orders;
    }

    public List<Endpoint> entryPoints() {
        return entryPoints;
    }
}
