package org.starling.swarm.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.util.BigIntegers;
import org.starling.swarm.digest.Hashes;

/**
 * The auth service's P-256 signing key. It signs access tokens (ES256) and orders. Immutable and safe for use by several
 * threads.
 */
public final class AuthorityKey {
    static final String TOKEN_TYPE = "at+jwt";

    private final ECKey key;
    private final ECPrivateKeyParameters signing;
    private final JWSHeader tokenHeader;

    private AuthorityKey(ECKey key) {
        this.key = key;
        this.signing = new ECPrivateKeyParameters(key.getD().decodeToBigInteger(), P256.DOMAIN);
        this.tokenHeader = new JWSHeader.Builder(JWSAlgorithm.ES256)
                .keyID(key.getKeyID())
                .type(new JOSEObjectType(TOKEN_TYPE))
                .build();
    }

    /** A new random key, named by its RFC 7638 thumbprint. */
    public static AuthorityKey create() {
        try {
            return new AuthorityKey(new ECKeyGenerator(Curve.P_256)
                    .algorithm(JWSAlgorithm.ES256)
                    .keyUse(KeyUse.SIGNATURE)
                    .keyIDFromThumbprint(true)
                    .generate());
        } catch (JOSEException e) {
            throw new IllegalStateException("Every Java platform has P-256", e);
        }
    }

    /**
     * Reads what {@link #toPrivateJson()} wrote.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static AuthorityKey ofPrivateJson(String json) {
        try {
            ECKey key = ECKey.parse(json);
            if (!key.isPrivate() || key.getKeyID() == null || !Curve.P_256.equals(key.getCurve())) {
                throw new IllegalArgumentException("Not a private P-256 JWK with a key id");
            }
            return new AuthorityKey(key);
        } catch (ParseException e) {
            throw new IllegalArgumentException("Not a private P-256 JWK with a key id", e);
        }
    }

    /** The private JWK. Secret: encrypt it at rest. */
    public String toPrivateJson() {
        return key.toJSONString();
    }

    /** The public JWK, as peers learn it. */
    public String publicJwk() {
        return key.toPublicJWK().toJSONString();
    }

    public String keyId() {
        return key.getKeyID();
    }

    /** The public JWK set with this key and, while their tokens live, retired ones. */
    public static String toJwks(List<AuthorityKey> keys) {
        return new JWKSet(keys.stream()
                        .map(k -> (com.nimbusds.jose.jwk.JWK) k.key)
                        .toList())
                .toString(true);
    }

    /**
     * Signs a token that binds an account, a run, a peer key and a certificate.
     *
     * @param certificateThumbprint as {@link Certificates#thumbprint} computes it
     */
    public AccessToken issueToken(
            String issuer,
            String run,
            String accountId,
            String accountName,
            Set<Role> roles,
            PeerId peer,
            String certificateThumbprint,
            Instant issuedAt,
            Instant expiresAt) {
        String tokenId = UUID.randomUUID().toString();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .audience(run)
                .subject(accountId)
                .claim("client_id", peer.toString())
                .claim("name", accountName)
                .claim("roles", roles.stream().map(Role::claim).sorted().toList())
                .claim("cnf", Map.of("x5t#S256", certificateThumbprint, "peer", peer.toString()))
                .jwtID(tokenId)
                .issueTime(Date.from(issuedAt))
                .expirationTime(Date.from(expiresAt))
                .build();
        byte[] input = new SignedJWT(tokenHeader, claims).getSigningInput();
        return new AccessToken(
                new String(input, StandardCharsets.US_ASCII) + "." + Base64URL.encode(sign(input)),
                tokenId,
                run,
                accountId,
                accountName,
                roles,
                certificateThumbprint,
                peer,
                Instant.ofEpochSecond(issuedAt.getEpochSecond()),
                Instant.ofEpochSecond(expiresAt.getEpochSecond()));
    }

    /**
     * The ECDSA signature (SHA-256, 64 bytes R and S) of an order or another statement of the authority. The same message has
     * the same signature (RFC 6979): no random number that could be weak.
     */
    public byte[] sign(byte[] message) {
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
        signer.init(true, signing);
        BigInteger[] signature = signer.generateSignature(Hashes.sha256(message));
        byte[] bytes = new byte[VerificationKey.SIGNATURE_BYTES];
        BigIntegers.asUnsignedByteArray(signature[0], bytes, 0, bytes.length / 2);
        BigIntegers.asUnsignedByteArray(signature[1], bytes, bytes.length / 2, bytes.length / 2);
        return bytes;
    }

    @Override
    public String toString() {
        return "AuthorityKey[" + keyId() + "]";
    }
}
