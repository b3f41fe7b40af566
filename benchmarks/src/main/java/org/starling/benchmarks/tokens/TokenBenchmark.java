package org.starling.benchmarks.tokens;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;

/** What peers and the auth service do with tokens, on one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TokenBenchmark {
    private static final String ISSUER = "https://auth.example";
    private static final String RUN = "birds/emoji";

    /** An authority, a peer and its token. */
    @State(Scope.Thread)
    @NullUnmarked
    public static class Setting {
        private final AuthorityKey key = AuthorityKey.create();
        private final PeerIdentity peer = PeerIdentity.create();
        private final String thumbprint = Certificates.thumbprint(peer.certificate());
        private final Instant now = Instant.now();
        private final TrustedAuthority authority = TrustedAuthority.ofJwks(ISSUER, AuthorityKey.toJwks(List.of(key)));
        private final TokenVerifier verifier = verifier();
        private final PeerProof proof = PeerProof.create(peer, RUN, now);
        private String compact;
        private ECDSAVerifier plain;

        @Setup
        public void issue() throws JOSEException, ParseException {
            compact = issueToken().compact();
            verifier.verify(compact);
            ECKey published = JWKSet.parse(AuthorityKey.toJwks(List.of(key)))
                    .getKeys()
                    .get(0)
                    .toECKey();
            plain = new ECDSAVerifier(published);
        }

        private AccessToken issueToken() {
            return key.issueToken(
                    ISSUER,
                    RUN,
                    "5f0c4e8a9b1d2c3e4f5a6b7c",
                    "ada",
                    Set.of(Role.TRAINER),
                    peer.id(),
                    thumbprint,
                    now,
                    now.plus(Duration.ofHours(24)));
        }

        private TokenVerifier verifier() {
            return new TokenVerifier(() -> authority, RUN, InstantSource.fixed(now));
        }
    }

    /** A token that the peer has not seen before. */
    @Benchmark
    public AccessToken fresh(Setting setting) {
        return setting.verifier().verify(setting.compact);
    }

    /** A token that the peer has verified before. */
    @Benchmark
    public AccessToken seen(Setting setting) {
        return setting.verifier.verify(setting.compact);
    }

    /** For comparison: only the signature, by the JDK's own provider. */
    @Benchmark
    public boolean jdk(Setting setting) throws JOSEException, ParseException {
        return SignedJWT.parse(setting.compact).verify(setting.plain);
    }

    /** What the auth service signs for a peer that joins. */
    @Benchmark
    public AccessToken issue(Setting setting) {
        return setting.issueToken();
    }

    /** What the auth service verifies of a peer that joins. */
    @Benchmark
    public void proof(Setting setting) {
        setting.proof.verify(setting.peer.publicKey(), setting.peer.certificate(), RUN, setting.now);
    }
}
