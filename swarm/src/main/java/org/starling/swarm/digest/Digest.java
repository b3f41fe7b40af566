package org.starling.swarm.digest;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.HexFormat;

/** 32 bytes of SHA-256 that name something: a state, a gradient, a record. Ordered bytewise, unsigned. */
public final class Digest implements Comparable<Digest> {
    public static final int BYTES = 32;
    public static final Digest ZERO = new Digest(new byte[BYTES]);

    private final byte[] bytes;

    private Digest(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException unless there are exactly {@value #BYTES} bytes */
    public static Digest of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("A digest has " + BYTES + " bytes, not " + bytes.length);
        }
        return new Digest(bytes.clone());
    }

    public static Digest of(ByteString bytes) {
        return of(bytes.toByteArray());
    }

    /** @throws IllegalArgumentException unless the text is 64 hexadecimal digits */
    public static Digest parse(String hex) {
        try {
            return of(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("A digest is 64 hexadecimal digits, not '" + hex + "'", e);
        }
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    public ByteString toByteString() {
        return ByteString.copyFrom(bytes);
    }

    /** The first eight digits, for logs. */
    public String abbreviated() {
        return HexFormat.of().formatHex(bytes, 0, 4);
    }

    @Override
    public int compareTo(Digest other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Digest other && Arrays.equals(bytes, other.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** All 64 hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
