package org.starling.swarm.compression;

/**
 * Uniform quantization to 8 bits: every block of {@value #BLOCK} values is divided into 254 equal steps from minus to plus its
 * greatest magnitude M, and each value replaced by the nearest step. Good for values of one order of magnitude.
 *
 * <p>A value's error is at most {@value #MAX_RELATIVE_ERROR} of M, half a step; a block of M below 2^-120 is all zeros. Layout:
 * for each block the step as little-endian float32, then for each value how many steps it is from zero as an int8.
 */
final class Uniform8Codec extends StridedCodec {
    static final int BLOCK = 256;

    /** Of the block's greatest magnitude: 1/254, and rounding. */
    static final float MAX_RELATIVE_ERROR = 0.00394f;

    /** Below it the number of steps in one could overflow. */
    static final float MIN_MAXIMUM = 0x1p-120f;

    private static final float STEPS = 127;

    /** A little less than 1/127, so that 127 steps of the greatest float are not too many. */
    private static final float STEP = Math.nextDown(1 / STEPS);

    /** Added to a small number, its float's low bits are the integer nearest to the number, ties to even. */
    private static final float ROUND = 0x1.8p23f;

    Uniform8Codec() {
        super("uniform8", BLOCK, Float.BYTES, Byte.SIZE);
    }

    @Override
    void encodeStride(float[] source, int offset, int elements, byte[] target, int at) {
        int out = at;
        for (int done = 0; done < elements; done += BLOCK) {
            int length = Math.min(BLOCK, elements - done);
            float maximum = Floats.absoluteMaximum(source, offset + done, length);
            FLOAT.set(target, out, maximum * STEP);
            out += Float.BYTES;
            float perStep = maximum < MIN_MAXIMUM ? 0 : STEPS / maximum;
            for (int i = 0; i < length; i++) {
                target[out + i] = (byte) Float.floatToRawIntBits(source[offset + done + i] * perStep + ROUND);
            }
            out += length;
        }
    }

    @Override
    void decodeStride(byte[] source, int at, float[] target, int offset, int elements) {
        int in = at;
        for (int done = 0; done < elements; done += BLOCK) {
            int length = Math.min(BLOCK, elements - done);
            float step = Floats.requireScale((float) FLOAT.get(source, in));
            in += Float.BYTES;
            for (int i = 0; i < length; i++) {
                target[offset + done + i] = source[in + i] * step;
            }
            if (step > Float.MAX_VALUE / -Byte.MIN_VALUE) {
                Floats.requireFinite(target, offset + done, length);
            }
            in += length;
        }
    }
}
