package org.starling.swarm.compression;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Blockwise dynamic quantization to 8 bits (Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, section
 * 2): every block of {@value #BLOCK} values is divided by its absolute maximum and each value replaced by the index of the
 * nearest of the 256 values of the dynamic tree data type.
 *
 * <p>A value's error is at most {@value #MAX_RELATIVE_ERROR} of its block's absolute maximum. Layout: for each block a
 * little-endian float32 maximum, then one byte a value.
 */
final class Blockwise8Codec implements Codec {
    static final int BLOCK = 4096;

    /** Of the block's absolute maximum: half the widest gap between neighbouring values, and half a bfloat16. */
    static final float MAX_RELATIVE_ERROR = 0.009f;

    /** The data type's values, ascending. */
    static final float[] VALUES = dynamicTree();

    /**
     * From the upper 16 bits of a float in [-1, 1] to the index of the nearest value. A bfloat16 has 8 significant bits, so
     * that a value next to a boundary may go to the second nearest; the error bound covers it.
     */
    private static final byte[] NEAREST = nearestByUpperBits();

    @Override
    public String name() {
        return "blockwise8";
    }

    @Override
    public int encodedBytes(int elements) {
        int blocks = (elements + BLOCK - 1) / BLOCK;
        return blocks * Float.BYTES + elements;
    }

    @Override
    public byte[] encode(float[] source, int offset, int elements) {
        byte[] target = new byte[encodedBytes(elements)];
        ByteBuffer maxima = ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN);
        int out = 0;
        for (int done = 0; done < elements; done += BLOCK) {
            int length = Math.min(BLOCK, elements - done);
            float maximum = absoluteMaximum(source, offset + done, length);
            maxima.putFloat(out, maximum);
            out += Float.BYTES;
            // a subnormal maximum has no finite reciprocal: such a block is as good as zero
            float scale = maximum < Float.MIN_NORMAL ? 0f : 1f / maximum;
            for (int i = 0; i < length; i++) {
                float scaled = Math.max(-1f, Math.min(1f, source[offset + done + i] * scale));
                target[out + i] = NEAREST[Float.floatToRawIntBits(scaled) >>> 16];
            }
            out += length;
        }
        return target;
    }

    private static float absoluteMaximum(float[] source, int offset, int length) {
        int maximum = 0;
        for (int i = offset; i < offset + length; i++) {
            maximum = Math.max(maximum, Float.floatToRawIntBits(source[i]) & 0x7fffffff);
        }
        return Float.intBitsToFloat(maximum);
    }

    @Override
    public void decode(ByteBuffer source, float[] target, int offset, int elements) {
        InvalidPayloadException.requireLength(encodedBytes(elements), source.remaining());
        ByteBuffer bytes = source.slice().order(ByteOrder.LITTLE_ENDIAN);
        byte[] indices = new byte[BLOCK];
        for (int done = 0; done < elements; done += BLOCK) {
            int length = Math.min(BLOCK, elements - done);
            float maximum = bytes.getFloat();
            if (!(maximum >= 0 && maximum <= Float.MAX_VALUE)) {
                throw new InvalidPayloadException("A block whose maximum is " + maximum);
            }
            bytes.get(indices, 0, length);
            for (int i = 0; i < length; i++) {
                target[offset + done + i] = VALUES[indices[i] & 0xff] * maximum;
            }
        }
    }

    /**
     * For each exponent 10^-6 … 10^0 the fraction's interval [0.1, 1] is cut into 2^i equal pieces, whose middles are the
     * values, with both signs; 0 and 1 complete the 256.
     */
    private static float[] dynamicTree() {
        float[] values = new float[256];
        int count = 0;
        double[] powersOfTen = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0};
        for (int i = 0; i < powersOfTen.length; i++) {
            int pieces = 1 << i;
            for (int piece = 0; piece < pieces; piece++) {
                float value = (float) (powersOfTen[i] * (0.1 + 0.9 * (piece + 0.5) / pieces));
                values[count++] = value;
                values[count++] = -value;
            }
        }
        values[count++] = 0f;
        values[count] = 1f;
        Arrays.sort(values);
        return values;
    }

    private static byte[] nearestByUpperBits() {
        byte[] nearest = new byte[1 << 16];
        for (int upper = 0; upper < nearest.length; upper++) {
            // the middle of the floats that share these bits
            float value = Float.intBitsToFloat(upper << 16 | 0x8000);
            nearest[upper] = (byte) nearest(Float.isNaN(value) ? 0f : Math.max(-1f, Math.min(1f, value)));
        }
        return nearest;
    }

    private static int nearest(float value) {
        int above = Arrays.binarySearch(VALUES, value);
        if (above >= 0) {
            return above;
        }
        above = -above - 1;
        if (above == 0) {
            return 0;
        }
        if (above == VALUES.length) {
            return VALUES.length - 1;
        }
        return VALUES[above] - value < value - VALUES[above - 1] ? above : above - 1;
    }
}
