package org.starling.hub.oauth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Proof key for code exchange, RFC 7636. */
final class Pkce {

    private Pkce() {}

    /** Whether this can be the S256 challenge of anything: 32 bytes in base64url. */
    static boolean isChallenge(String text) {
        return text.matches("[A-Za-z0-9_-]{43}");
    }

    /** Whether this can be a verifier (RFC 7636, section 4.1). */
    static boolean isVerifier(String text) {
        return text.matches("[A-Za-z0-9._~-]{43,128}");
    }

    /** The S256 challenge of a verifier. */
    static String challenge(String verifier) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
