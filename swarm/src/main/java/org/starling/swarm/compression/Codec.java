package org.starling.swarm.compression;

import java.nio.ByteBuffer;
import java.util.List;

/** Turns float32 vectors into bytes and back. Implementations are immutable and safe for use by several threads. */
public sealed interface Codec permits NoCodec, Blockwise8Codec {
    /** The codecs that there are. */
    List<Codec> ALL = List.of(new NoCodec(), new Blockwise8Codec());

    /** The name in run configurations and group manifests. */
    String name();

    /** Bytes that this many floats take. */
    int encodedBytes(int elements);

    /**
     * Encodes {@code elements} finite floats from the offset on into a new array of {@link #encodedBytes} bytes.
     */
    byte[] encode(float[] source, int offset, int elements);

    /**
     * Decodes the buffer's remaining bytes into {@code elements} floats at the offset.
     *
     * @throws InvalidPayloadException if the length is wrong or a value would not be finite
     */
    void decode(ByteBuffer source, float[] target, int offset, int elements);

    /** @throws IllegalArgumentException for an unknown name, listing those that exist */
    static Codec named(String name) {
        return ALL.stream()
                .filter(codec -> codec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Unknown codec '" + name + "'; known are "
                        + ALL.stream().map(Codec::name).toList()));
    }
}
