package org.starling.swarm.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.text.ParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * The auth service as a peer knows it: its name and its public keys, learned once when the peer joined. Immutable.
 */
public final class TrustedAuthority {
    private static final int MAX_KEYS = 16;
    private static final int MAX_JWKS_CHARACTERS = 32_768;

    /** Passed explicitly, never registered: its ECDSA verifies several times faster than the JDK's. */
    static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();

    private final String issuer;
    private final Map<String, ECPublicKey> keys;

    private TrustedAuthority(String issuer, Map<String, ECPublicKey> keys) {
        this.issuer = issuer;
        this.keys = Collections.unmodifiableMap(new LinkedHashMap<>(keys));
    }

    /**
     * Reads the authority's keys from a JWK set (RFC 7517).
     *
     * @throws IllegalArgumentException if there is no usable P-256 key, or the set is malformed or too large
     */
    public static TrustedAuthority ofJwks(String issuer, String jwks) {
        if (jwks.length() > MAX_JWKS_CHARACTERS) {
            throw new IllegalArgumentException("The authority's key set is larger than " + MAX_JWKS_CHARACTERS);
        }
        Map<String, ECPublicKey> keys = new LinkedHashMap<>();
        try {
            for (JWK key : JWKSet.parse(jwks).getKeys()) {
                if (key instanceof ECKey ec && Curve.P_256.equals(ec.getCurve()) && ec.getKeyID() != null) {
                    keys.put(ec.getKeyID(), ec.toECPublicKey());
                }
            }
        } catch (ParseException | JOSEException e) {
            throw new IllegalArgumentException("The authority's keys are not a JWK set", e);
        }
        if (keys.isEmpty() || keys.size() > MAX_KEYS) {
            throw new IllegalArgumentException("The authority's key set has " + keys.size()
                    + " usable P-256 keys; from 1 to " + MAX_KEYS + " are accepted");
        }
        return new TrustedAuthority(issuer, keys);
    }

    /**
     * The authority with one more key. Of too many keys the one that was learned first is forgotten.
     *
     * @param jwk a public P-256 key with a key id
     * @throws IllegalArgumentException if it is anything else
     */
    public TrustedAuthority with(String jwk) {
        TrustedAuthority other = ofJwks(issuer, "{\"keys\":[" + jwk + "]}");
        Map<String, ECPublicKey> more = new LinkedHashMap<>(keys);
        more.putAll(other.keys);
        while (more.size() > MAX_KEYS) {
            more.remove(more.keySet().iterator().next());
        }
        return new TrustedAuthority(issuer, more);
    }

    /**
     * The authority without a key.
     *
     * @throws IllegalArgumentException if it is the only one: who trusts no key can never be told of another
     */
    public TrustedAuthority without(String keyId) {
        if (keys.keySet().equals(Set.of(keyId))) {
            throw new IllegalArgumentException("The key " + keyId + " is the only one of " + issuer);
        }
        Map<String, ECPublicKey> fewer = new LinkedHashMap<>(keys);
        fewer.remove(keyId);
        return new TrustedAuthority(issuer, fewer);
    }

    public String issuer() {
        return issuer;
    }

    Optional<ECPublicKey> findKey(String keyId) {
        return Optional.ofNullable(keys.get(keyId));
    }

    /** Whether the named key of the authority made this 64-byte ECDSA signature. */
    public boolean verify(String keyId, byte[] message, byte[] signature) {
        ECPublicKey key = keys.get(keyId);
        if (key == null || signature.length != 64) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance("SHA256withPLAIN-ECDSA", BOUNCY_CASTLE);
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
