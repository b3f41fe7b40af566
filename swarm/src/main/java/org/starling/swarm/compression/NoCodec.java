package org.starling.swarm.compression;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Little-endian float32, exact. */
final class NoCodec implements Codec {
    /** What is copied is checked while the nearest cache has it. */
    private static final int CHUNK = 2048;

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
        FloatBuffer floats = source.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        source.position(source.limit());
        for (int done = 0; done < elements; done += CHUNK) {
            int length = Math.min(CHUNK, elements - done);
            floats.get(target, offset + done, length);
            Floats.requireFinite(target, offset + done, length);
        }
    }
}
