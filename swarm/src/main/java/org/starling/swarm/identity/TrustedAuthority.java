package org.starling.swarm.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.text.ParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The auth service as a peer knows it: its name and its public keys, learned once when the peer joined. Immutable.
 */
public final class TrustedAuthority {
    private static final int MAX_KEYS = 16;
    private static final int MAX_JWKS_CHARACTERS = 32_768;

    private final String issuer;
    private final Map<String, VerificationKey> keys;

    private TrustedAuthority(String issuer, Map<String, VerificationKey> keys) {
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
        Map<String, VerificationKey> keys = new LinkedHashMap<>();
        try {
            for (JWK key : JWKSet.parse(jwks).getKeys()) {
                if (key instanceof ECKey ec && Curve.P_256.equals(ec.getCurve()) && ec.getKeyID() != null) {
                    keys.put(ec.getKeyID(), new VerificationKey(ec));
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
        Map<String, VerificationKey> more = new LinkedHashMap<>(keys);
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
        Map<String, VerificationKey> fewer = new LinkedHashMap<>(keys);
        fewer.remove(keyId);
        return new TrustedAuthority(issuer, fewer);
    }

    public String issuer() {
        return issuer;
    }

    /** Whether this authority and another one have the same keys. */
    public boolean hasKeysOf(TrustedAuthority other) {
        return keys.keySet().equals(other.keys.keySet());
    }

    boolean knows(String keyId) {
        return keys.containsKey(keyId);
    }

    /** Whether the named key of the authority made this 64-byte ECDSA signature. */
    public boolean verify(String keyId, byte[] message, byte[] signature) {
        VerificationKey key = keys.get(keyId);
        return key != null && key.verify(message, signature);
    }
}
