package org.starling.swarm.compression;

import java.util.Arrays;

/**
 * Blockwise dynamic quantization to 8 bits (Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, section
 * 2): every block of {@value #BLOCK} values is divided by its greatest magnitude M and each value replaced by the number of
 * the nearest of the 256 values of the dynamic tree data type, which reach over seven orders of magnitude.
 *
 * <p>A value's error is at most {@value #MAX_RELATIVE_ERROR} of M, less for small values; a block of M below 2^-126 is all
 * zeros. Layout: for each block M as little-endian float32, then one byte a value.
 */
final class Blockwise8Codec extends StridedCodec {
    static final int BLOCK = STRIDE;

    /** Of the block's greatest magnitude: half the widest gap between neighbouring values, and rounding. */
    static final float MAX_RELATIVE_ERROR = 0.00704f;

    /** The data type's values. */
    static final Codebook CODEBOOK = new Codebook(dynamicTree());

    Blockwise8Codec() {
        super("blockwise8", BLOCK, Float.BYTES, Byte.SIZE);
    }

    @Override
    void encodeStride(float[] source, int offset, int elements, byte[] target, int at) {
        float maximum = Floats.absoluteMaximum(source, offset, elements);
        FLOAT.set(target, at, maximum);
        // a subnormal number has no finite reciprocal
        float factor = maximum < Float.MIN_NORMAL ? 0 : 1 / maximum;
        int out = at + Float.BYTES;
        for (int i = 0; i < elements; i++) {
            target[out + i] = (byte) CODEBOOK.nearest(source[offset + i] * factor);
        }
    }

    @Override
    void decodeStride(byte[] source, int at, float[] target, int offset, int elements) {
        float maximum = Floats.requireScale((float) FLOAT.get(source, at));
        float[] scaled = CODEBOOK.values().clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= maximum;
        }
        int in = at + Float.BYTES;
        for (int i = 0; i < elements; i++) {
            target[offset + i] = scaled[source[in + i] & 0xff];
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
}
