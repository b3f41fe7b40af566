package org.starling.swarm.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;

/** An auth service without the service. */
public final class TestAuthority {
    public static final String ISSUER = "https://auth.example";

    private final List<AuthorityKey> keys = new ArrayList<>();
    private final String run;

    public TestAuthority(String run) {
        this(run, AuthorityKey.create());
    }

    /** One that signs with the same key as another, in another process. */
    public TestAuthority(String run, AuthorityKey key) {
        this.run = run;
        keys.add(key);
    }

    /** The one that signs. */
    public AuthorityKey key() {
        return keys.get(keys.size() - 1);
    }

    /** Signs with a new key from now on. */
    public void rotate() {
        keys.add(AuthorityKey.create());
    }

    public TrustedAuthority trusted() {
        return TrustedAuthority.ofJwks(ISSUER, AuthorityKey.toJwks(keys));
    }

    public TokenVerifier verifier(InstantSource clock) {
        TrustedAuthority trusted = trusted();
        return new TokenVerifier(() -> trusted, run, clock);
    }

    public AccessToken issue(PeerIdentity identity, String account, Set<Role> roles, Instant now) {
        return issue(identity, account, roles, now, Duration.ofDays(1));
    }

    public AccessToken issue(PeerIdentity identity, String account, Set<Role> roles, Instant now, Duration lifetime) {
        return key().issueToken(
                        ISSUER,
                        run,
                        "id-of-" + account,
                        account,
                        roles,
                        identity.id(),
                        Certificates.thumbprint(identity.certificate()),
                        now,
                        now.plus(lifetime));
    }
}
