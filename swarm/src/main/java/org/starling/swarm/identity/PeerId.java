package org.starling.swarm.identity;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.starling.swarm.digest.Hashes;

/**
 * The name of a peer: the SHA-256 of its raw 32-byte Ed25519 public key. Ordered bytewise, unsigned.
 */
public final class PeerId implements Comparable<PeerId> {
    public static final int BYTES = 32;

    private final byte[] bytes;
    private final int hash;

    private PeerId(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** Names the owner of this raw Ed25519 public key. */
    public static PeerId ofPublicKey(byte[] ed25519PublicKey) {
        return new PeerId(Hashes.sha256(ed25519PublicKey));
    }

    /** @throws IllegalArgumentException unless there are exactly {@value #BYTES} bytes */
    public static PeerId of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("A peer id has " + BYTES + " bytes, not " + bytes.length);
        }
        return new PeerId(bytes.clone());
    }

    /** @throws IllegalArgumentException unless the text is 64 hexadecimal digits */
    public static PeerId parse(String hex) {
        try {
            return of(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("A peer id is 64 hexadecimal digits, not '" + hex + "'", e);
        }
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    /** The first eight bytes as a number, big-endian. */
    public long first8Bytes() {
        return ByteBuffer.wrap(bytes).getLong();
    }

    /** The first eight digits, for logs. */
    public String abbreviated() {
        return HexFormat.of().formatHex(bytes, 0, 4);
    }

    @Override
    public int compareTo(PeerId other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof PeerId other && Arrays.equals(bytes, other.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** All 64 hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
