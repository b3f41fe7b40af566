package org.starling.swarm.compression;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian float32, exact. */
final class NoCodec implements Codec {
    @Override
    public String name() {
        return "none";
    }

    @Override
    public int encodedBytes(int elements) {
        return elements * Float.BYTES;
    }

    @Override
    public byte[] encode(float[] source, int offset, int elements) {
        byte[] target = new byte[encodedBytes(elements)];
        ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(source, offset, elements);
        return target;
    }

    @Override
    public void decode(ByteBuffer source, float[] target, int offset, int elements) {
        InvalidPayloadException.requireLength(encodedBytes(elements), source.remaining());
        source.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(target, offset, elements);
        for (int i = offset; i < offset + elements; i++) {
            if (!Float.isFinite(target[i])) {
                throw new InvalidPayloadException("A payload with a value that is not finite");
            }
        }
    }
}
