package org.starling.swarm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.CredentialException.Reason;

class TokenVerifierTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ISSUER = "https://auth.example";
    private static final String RUN = "birds/emoji";

    private final AuthorityKey key = AuthorityKey.create();
    private final PeerIdentity peer = PeerIdentity.create();
    private final String thumbprint = Certificates.thumbprint(peer.certificate());

    private AccessToken issue(String issuer, String run, Instant from, Instant to) {
        return key.issueToken(
                issuer, run, "abc123", "ada", Set.of(Role.TRAINER, Role.INFERENCE), peer.id(), thumbprint, from, to);
    }

    private AccessToken verify(String compact, Instant now) {
        TrustedAuthority authority = TrustedAuthority.ofJwks(ISSUER, AuthorityKey.toJwks(List.of(key)));
        return new TokenVerifier(() -> authority, RUN, () -> now).verify(compact);
    }

    @Test
    void saysWhatTheAuthoritySigned() {
        AccessToken issued = issue(ISSUER, RUN, NOW, NOW.plus(Duration.ofHours(24)));

        AccessToken verified = verify(issued.compact(), NOW.plusSeconds(60));

        assertThat(verified).isEqualTo(issued);
        assertThat(verified.roles()).containsExactlyInAnyOrder(Role.TRAINER, Role.INFERENCE);
        assertThat(verified.peer()).isEqualTo(peer.id());
        assertThat(verified.toString()).doesNotContain(issued.compact());
    }

    @Test
    void refusesWhatIsNotGoodHereAndNow() {
        Instant tomorrow = NOW.plus(Duration.ofDays(1));
        String good = issue(ISSUER, RUN, NOW, tomorrow).compact();

        assertRefused(good, tomorrow.plusSeconds(61), Reason.TOKEN_EXPIRED);
        assertRefused(good, NOW.minusSeconds(61), Reason.TOKEN_NOT_YET_VALID);
        assertRefused(issue(ISSUER, "birds/other", NOW, tomorrow).compact(), NOW, Reason.WRONG_RUN);
        assertRefused(issue("https://evil.example", RUN, NOW, tomorrow).compact(), NOW, Reason.WRONG_ISSUER);
        assertRefused("not.a.token", NOW, Reason.MALFORMED_TOKEN);
        assertRefused("", NOW, Reason.MALFORMED_TOKEN);
        assertRefused("x".repeat(5000), NOW, Reason.MALFORMED_TOKEN);
        int middle = good.lastIndexOf('.') + 10;
        char flipped = good.charAt(middle) == 'A' ? 'B' : 'A';
        assertRefused(good.substring(0, middle) + flipped + good.substring(middle + 1), NOW, Reason.BAD_SIGNATURE);
    }

    @Test
    void refusesTheKeyOfAnotherAuthority() {
        AccessToken forged = AuthorityKey.create()
                .issueToken(
                        ISSUER,
                        RUN,
                        "abc123",
                        "ada",
                        Set.of(Role.TRAINER),
                        peer.id(),
                        thumbprint,
                        NOW,
                        NOW.plusSeconds(60));

        assertRefused(forged.compact(), NOW, Reason.UNKNOWN_KEY);
    }

    @Test
    void aTokenIsOfUseOnlyWithItsCertificate() {
        AccessToken token = issue(ISSUER, RUN, NOW, NOW.plusSeconds(60));
        String other = Certificates.thumbprint(PeerIdentity.create().certificate());

        token.requireCertificate(thumbprint);
        assertThatThrownBy(() -> token.requireCertificate(other))
                .isInstanceOfSatisfying(
                        CredentialException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRONG_CERTIFICATE));
    }

    @Test
    void aProofIsBoundToKeyCertificateRunAndTime() {
        PeerProof proof = PeerProof.create(peer, RUN, NOW);
        PeerIdentity other = PeerIdentity.create();

        proof.verify(peer.publicKey(), peer.certificate(), RUN, NOW.plusSeconds(30));
        assertThatThrownBy(() -> proof.verify(peer.publicKey(), peer.certificate(), "birds/other", NOW))
                .isInstanceOf(CredentialException.class);
        assertThatThrownBy(() -> proof.verify(other.publicKey(), peer.certificate(), RUN, NOW))
                .isInstanceOf(CredentialException.class);
        assertThatThrownBy(() -> proof.verify(peer.publicKey(), other.certificate(), RUN, NOW))
                .isInstanceOf(CredentialException.class);
        assertThatThrownBy(() -> proof.verify(peer.publicKey(), peer.certificate(), RUN, NOW.plusSeconds(301)))
                .hasMessageContaining("set the peer's clock");
    }

    private void assertRefused(String compact, Instant now, Reason reason) {
        assertThatThrownBy(() -> verify(compact, now))
                .isInstanceOfSatisfying(
                        CredentialException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}
