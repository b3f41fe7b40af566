package org.starling.swarm.compression;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian float32, exact. */
final class NoCodec implements Codec {
    @Override
    public String name() {
        return "none";
    }

    @Override
    public boolean isExact() {
        return true;
    }

    @Override
    public int encodedBytes(int elements) {
        return Math.multiplyExact(elements, Float.BYTES);
    }

    @Override
    public void encode(float[] source, int offset, int elements, ByteBuffer target) {
        int bytes = encodedBytes(elements);
        if (target.remaining() < bytes) {
            throw new BufferOverflowException();
        }
        target.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(source, offset, elements);
        target.position(target.position() + bytes);
    }

    @Override
    public void decode(ByteBuffer source, float[] target, int offset, int elements) {
        InvalidPayloadException.requireLength(encodedBytes(elements), source.remaining());
        source.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(target, offset, elements);
        source.position(source.limit());
        Floats.requireFinite(target, offset, elements);
    }
}
