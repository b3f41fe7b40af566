package org.starling.auth.authority;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts a small secret under another, long one: AES-256-GCM with a key from HKDF-HMAC-SHA256 (RFC 5869). Layout:
 * version byte 1, 16 bytes of salt, 12 bytes of nonce, ciphertext with the 16-byte tag. The name is authenticated with
 * it. The other secret must not be guessable: nothing here slows a guesser down.
 */
final class Seal {

    private static final byte VERSION = 1;
    private static final int SALT = 16;
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;

    private Seal() {}

    static byte[] seal(String secret, String name, byte[] plain) {
        byte[] salt = new byte[SALT];
        byte[] nonce = new byte[NONCE];
        SecureRandom random = new SecureRandom();
        random.nextBytes(salt);
        random.nextBytes(nonce);
        try {
            byte[] encrypted =
                    cipher(Cipher.ENCRYPT_MODE, secret, salt, nonce, name).doFinal(plain);
            return ByteBuffer.allocate(1 + SALT + NONCE + encrypted.length)
                    .put(VERSION)
                    .put(salt)
                    .put(nonce)
                    .put(encrypted)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException if the secret is another, or the bytes were changed */
    static byte[] open(String secret, String name, byte[] sealed) {
        if (sealed.length < 1 + SALT + NONCE + TAG_BITS / 8 || sealed[0] != VERSION) {
            throw new IllegalArgumentException("not a sealed secret of this version");
        }
        byte[] salt = Arrays.copyOfRange(sealed, 1, 1 + SALT);
        byte[] nonce = Arrays.copyOfRange(sealed, 1 + SALT, 1 + SALT + NONCE);
        try {
            return cipher(Cipher.DECRYPT_MODE, secret, salt, nonce, name)
                    .doFinal(sealed, 1 + SALT + NONCE, sealed.length - 1 - SALT - NONCE);
        } catch (AEADBadTagException e) {
            throw new IllegalArgumentException("the secret is another one, or the bytes were changed", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Cipher cipher(int mode, String secret, byte[] salt, byte[] nonce, String name)
            throws GeneralSecurityException {
        byte[] extracted = hmac(salt, secret.getBytes(StandardCharsets.UTF_8));
        byte[] key = hmac(extracted, "starling-seal-v1\u0001".getBytes(StandardCharsets.US_ASCII));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }
}
