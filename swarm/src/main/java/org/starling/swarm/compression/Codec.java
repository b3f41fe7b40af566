package org.starling.swarm.compression;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Turns float32 vectors into bytes and back, for gradients and for states alike. The same floats give the same bytes on every
 * machine: nothing but exactly specified operations is used.
 *
 * <p>Each codec says how far a decoded value may be from the original. A vector with a value that is not finite has bytes too,
 * but they do not decode. Implementations are immutable and safe for use by several threads.
 */
public sealed interface Codec permits NoCodec, StridedCodec, SizeAdaptiveCodec, PiecewiseCodec {
    /** The codecs that there are, from the most bytes to the least; those of mixed sizes last. */
    List<Codec> ALL = List.of(
            new NoCodec(),
            new Float16Codec(),
            new Uniform8Codec(),
            new Blockwise8Codec(),
            new Blockwise4Codec(),
            new SizeAdaptiveCodec());

    /** The name in run configurations and group manifests. */
    String name();

    /** Whether decoding gives back the very floats that were encoded, and encoding those the very bytes. */
    default boolean isExact() {
        return false;
    }

    /** Bytes that this many floats take. */
    int encodedBytes(int elements);

    /**
     * Encodes {@code elements} floats from the offset on. Writes {@link #encodedBytes} bytes from the buffer's position on,
     * and moves that; an array behind the buffer is written directly.
     *
     * @throws java.nio.BufferOverflowException if they do not fit; then nothing is written
     */
    void encode(float[] source, int offset, int elements, ByteBuffer target);

    /** Encodes into a new array of {@link #encodedBytes} bytes. */
    default byte[] encode(float[] source, int offset, int elements) {
        byte[] target = new byte[encodedBytes(elements)];
        encode(source, offset, elements, ByteBuffer.wrap(target));
        return target;
    }

    /**
     * Decodes all the buffer's remaining bytes, of which none remain then, into {@code elements} floats at the offset, every
     * one finite.
     *
     * @throws InvalidPayloadException if the length is wrong or a value would not be finite; then the elements may hold
     *     anything
     */
    void decode(ByteBuffer source, float[] target, int offset, int elements);

    /**
     * The codec for a stretch of a flat vector of several tensors; the same one wherever the tensors' sizes do not matter.
     *
     * @param elements of the stretch, and of what is encoded and decoded with the codec returned
     */
    default Codec forPart(TensorSizes tensors, int offset, int elements) {
        return this;
    }

    /** The codecs' names, in order. */
    static List<String> names() {
        return ALL.stream().map(Codec::name).toList();
    }

    /** @throws IllegalArgumentException for an unknown name, listing those that exist */
    static Codec named(String name) {
        return ALL.stream()
                .filter(codec -> codec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Unknown codec '" + name + "'; known are " + names()));
    }
}
