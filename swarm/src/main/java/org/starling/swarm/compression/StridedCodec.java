package org.starling.swarm.compression;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A codec that works on arrays, one stride of {@value #STRIDE} floats after another, so that buffers without an array behind
 * them take one small copy that stays in the cache. A stride is a whole number of the codec's blocks.
 */
abstract sealed class StridedCodec implements Codec
        permits Float16Codec, Uniform8Codec, Blockwise8Codec, Blockwise4Codec {
    static final int STRIDE = 4096;

    static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final int blockElements;
    private final int headerBytes;
    private final int bitsPerElement;

    /**
     * @param blockElements floats that have a header in common; divides {@link #STRIDE}
     * @param bitsPerElement besides the header; a block begins with a whole byte
     */
    StridedCodec(String name, int blockElements, int headerBytes, int bitsPerElement) {
        this.name = name;
        this.blockElements = blockElements;
        this.headerBytes = headerBytes;
        this.bitsPerElement = bitsPerElement;
    }

    /** Encodes at most a stride. */
    abstract void encodeStride(float[] source, int offset, int elements, byte[] target, int at);

    /** Decodes at most a stride. */
    abstract void decodeStride(byte[] source, int at, float[] target, int offset, int elements);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int encodedBytes(int elements) {
        long blocks = ((long) elements + blockElements - 1) / blockElements;
        return Math.toIntExact(blocks * headerBytes + ((long) elements * bitsPerElement + 7) / 8);
    }

    @Override
    public final void encode(float[] source, int offset, int elements, ByteBuffer target) {
        Objects.checkFromIndexSize(offset, elements, source.length);
        if (target.remaining() < encodedBytes(elements)) {
            throw new BufferOverflowException();
        }
        byte[] copy = target.hasArray() ? new byte[0] : new byte[encodedBytes(Math.min(STRIDE, elements))];
        for (int done = 0; done < elements; done += STRIDE) {
            int length = Math.min(STRIDE, elements - done);
            int bytes = encodedBytes(length);
            if (target.hasArray()) {
                encodeStride(source, offset + done, length, target.array(), target.arrayOffset() + target.position());
                target.position(target.position() + bytes);
            } else {
                encodeStride(source, offset + done, length, copy, 0);
                target.put(copy, 0, bytes);
            }
        }
    }

    @Override
    public final void decode(ByteBuffer source, float[] target, int offset, int elements) {
        Objects.checkFromIndexSize(offset, elements, target.length);
        InvalidPayloadException.requireLength(encodedBytes(elements), source.remaining());
        byte[] copy = source.hasArray() ? new byte[0] : new byte[encodedBytes(Math.min(STRIDE, elements))];
        for (int done = 0; done < elements; done += STRIDE) {
            int length = Math.min(STRIDE, elements - done);
            int bytes = encodedBytes(length);
            if (source.hasArray()) {
                decodeStride(source.array(), source.arrayOffset() + source.position(), target, offset + done, length);
                source.position(source.position() + bytes);
            } else {
                source.get(copy, 0, bytes);
                decodeStride(copy, 0, target, offset + done, length);
            }
        }
    }
}
