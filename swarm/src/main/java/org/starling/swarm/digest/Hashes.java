package org.starling.swarm.digest;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, the only hash function of the swarm. */
public final class Hashes {
    private Hashes() {}

    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The hash of the concatenation of the parts. */
    public static byte[] sha256(byte[]... parts) {
        MessageDigest digest = newSha256();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    /** The hash of the remaining bytes; the buffer's position moves to its limit. */
    public static byte[] sha256(ByteBuffer bytes) {
        MessageDigest digest = newSha256();
        digest.update(bytes);
        return digest.digest();
    }
}
