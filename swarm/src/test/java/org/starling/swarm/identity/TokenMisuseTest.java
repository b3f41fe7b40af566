package org.starling.swarm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.CredentialException.Reason;
import org.starling.swarm.orders.CurrentAuthority;

/** What people try with tokens that they were not given, or not for this. */
class TokenMisuseTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ISSUER = "https://auth.example";
    private static final String RUN = "birds/emoji";
    private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");

    private final AuthorityKey key = AuthorityKey.create();
    private final PeerIdentity peer = PeerIdentity.create();
    private final CurrentAuthority authority =
            new CurrentAuthority(TrustedAuthority.ofJwks(ISSUER, AuthorityKey.toJwks(List.of(key))));
    private final TokenVerifier verifier = new TokenVerifier(authority, RUN, () -> NOW);
    private final String good = issue(key);

    private String issue(AuthorityKey by) {
        return by.issueToken(
                        ISSUER,
                        RUN,
                        "abc123",
                        "ada",
                        Set.of(Role.TRAINER),
                        peer.id(),
                        Certificates.thumbprint(peer.certificate()),
                        NOW,
                        NOW.plusSeconds(3600))
                .compact();
    }

    private JWTClaimsSet claims() throws Exception {
        return SignedJWT.parse(good).getJWTClaimsSet();
    }

    private JWSHeader.Builder header(JWSAlgorithm algorithm) {
        return new JWSHeader.Builder(algorithm).keyID(key.keyId()).type(ACCESS_TOKEN);
    }

    private static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) throws Exception {
        SignedJWT jwt = new SignedJWT(header, claims);
        jwt.sign(signer);
        return jwt.serialize();
    }

    /** Signed by the authority's own key. */
    private String signed(JWSHeader header, JWTClaimsSet claims) throws Exception {
        return sign(header, claims, new ECDSASigner(ECKey.parse(key.toPrivateJson())));
    }

    @Test
    void noSignatureIsNoSignature() throws Exception {
        String payload = good.split("\\.")[1];
        String none = base64("{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"" + key.keyId() + "\"}");

        assertRefused(new PlainJWT(claims()).serialize(), Reason.MALFORMED_TOKEN);
        assertRefused(none + "." + payload + ".", Reason.MALFORMED_TOKEN);
        assertRefused(none + "." + payload + "." + good.split("\\.")[2], Reason.MALFORMED_TOKEN);
        assertRefused(good.substring(0, good.lastIndexOf('.') + 1), Reason.MALFORMED_TOKEN, Reason.BAD_SIGNATURE);
    }

    @Test
    void thePublicKeyIsNoSharedSecret() throws Exception {
        byte[] publicKey = ECKey.parse(key.publicJwk()).toECPublicKey().getEncoded();

        assertRefused(
                sign(header(JWSAlgorithm.HS256).build(), claims(), new MACSigner(publicKey)), Reason.MALFORMED_TOKEN);
        assertRefused(
                sign(
                        header(JWSAlgorithm.HS256).build(),
                        claims(),
                        new MACSigner(key.publicJwk().getBytes(StandardCharsets.UTF_8))),
                Reason.MALFORMED_TOKEN);
    }

    @Test
    void aKeyOfOnesOwnIsNotTheAuthoritys() throws Exception {
        ECKey own = new ECKeyGenerator(Curve.P_256).keyID("own").generate();
        JWSSigner signer = new ECDSASigner(own);

        assertRefused(sign(header(JWSAlgorithm.ES256).build(), claims(), signer), Reason.BAD_SIGNATURE);
        assertRefused(sign(header(JWSAlgorithm.ES256).keyID("own").build(), claims(), signer), Reason.UNKNOWN_KEY);
        assertRefused(sign(header(JWSAlgorithm.ES256).keyID(null).build(), claims(), signer), Reason.UNKNOWN_KEY);
        assertRefused(
                sign(
                        header(JWSAlgorithm.ES256)
                                .keyID("own")
                                .jwk(own.toPublicJWK())
                                .build(),
                        claims(),
                        signer),
                Reason.UNKNOWN_KEY);
    }

    @Test
    void whatTheAuthoritySignedForAnotherPurposeIsNoAccessToken() throws Exception {
        JWSHeader header = header(JWSAlgorithm.ES256).build();

        assertRefused(
                signed(header(JWSAlgorithm.ES256).type(JOSEObjectType.JWT).build(), claims()), Reason.MALFORMED_TOKEN);
        assertRefused(signed(header(JWSAlgorithm.ES256).type(null).build(), claims()), Reason.MALFORMED_TOKEN);
        assertRefused(
                signed(
                        header,
                        new JWTClaimsSet.Builder(claims())
                                .audience(List.of(RUN, "birds/other"))
                                .build()),
                Reason.WRONG_RUN);
        assertRefused(
                signed(
                        header,
                        new JWTClaimsSet.Builder(claims())
                                .audience((String) null)
                                .build()),
                Reason.WRONG_RUN);
        assertRefused(
                signed(
                        header,
                        new JWTClaimsSet.Builder(claims()).expirationTime(null).build()),
                Reason.MALFORMED_TOKEN);
        assertRefused(
                signed(
                        header,
                        new JWTClaimsSet.Builder(claims()).claim("cnf", null).build()),
                Reason.MALFORMED_TOKEN);
        assertRefused(
                signed(header(JWSAlgorithm.ES256).criticalParams(Set.of("exp")).build(), claims()),
                Reason.BAD_SIGNATURE,
                Reason.MALFORMED_TOKEN);
    }

    @Test
    void whatIsChangedIsNotSigned() {
        String[] parts = good.split("\\.");
        String payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        String raised = base64(payload.replace("trainer", "auxiliary"));
        String anothers = base64(payload.replace("abc123", "abc124"));

        assertThat(payload).contains("trainer", "abc123");
        assertRefused(parts[0] + "." + raised + "." + parts[2], Reason.BAD_SIGNATURE);
        assertRefused(parts[0] + "." + anothers + "." + parts[2], Reason.BAD_SIGNATURE);
    }

    @Test
    void theTokensOfARetiredKeyAreGoodUntilTheyExpireAndThoseOfADistrustedOneAtOnce() {
        AuthorityKey next = AuthorityKey.create();
        assertThat(verifier.verify(good).accountName()).isEqualTo("ada");
        assertRefused(issue(next), Reason.UNKNOWN_KEY);

        authority.replace(authority.get().with(next.publicJwk()));
        assertThat(verifier.verify(good).accountName()).isEqualTo("ada");
        assertThat(verifier.verify(issue(next)).accountName()).isEqualTo("ada");

        authority.replace(authority.get().without(key.keyId()));
        assertRefused(good, Reason.UNKNOWN_KEY);
        assertThat(verifier.verify(issue(next)).accountName()).isEqualTo("ada");
        assertThatThrownBy(() -> authority.get().without(next.keyId())).hasMessageContaining("the only one");
    }

    private void assertRefused(String compact, Reason... reasons) {
        assertThatThrownBy(() -> verifier.verify(compact))
                .isInstanceOfSatisfying(
                        CredentialException.class, e -> assertThat(e.reason()).isIn((Object[]) reasons));
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
