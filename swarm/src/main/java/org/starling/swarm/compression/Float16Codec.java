package org.starling.swarm.compression;

/**
 * IEEE 754 half precision with one power of two for every block of {@value #BLOCK} values, which brings the block's greatest
 * magnitude M near the top of the format's range. So nothing is out of range, however large or small a gradient is.
 *
 * <p>A value's error is at most {@value #MAX_RELATIVE_ERROR} (2^-11) of the value, or 2^-39 of M, or 2^-149, whichever is
 * most. Layout: for each block the exponent k as a little-endian int16, then for each value x the half nearest to x 2^k,
 * little-endian.
 */
final class Float16Codec extends StridedCodec {
    static final int BLOCK = STRIDE;

    static final float MAX_RELATIVE_ERROR = 0x1p-11f;

    /** Magnitudes are brought below 2^15, one bit less than the format has room for: 2^15 2^113 would not be a float. */
    private static final int TOP_EXPONENT = 14;

    private static final int MIN_SCALE = TOP_EXPONENT - Float.MAX_EXPONENT;
    private static final int MAX_SCALE = 126;

    /** The greatest half below 2^15. */
    private static final int MAX_HALF = 0x77ff;

    /**
     * Times this, a float's exponent field is that of the half of the original value, and gradual underflow happens at the
     * same place: what is left to do is to drop 13 bits of the fraction.
     */
    private static final float TO_HALF = 0x1p-112f;

    private static final float FROM_HALF = 0x1p112f;
    private static final int DROPPED_BITS = 13;

    /** Values that the loops pass on to one another: they are short because the compiler vectorizes no other. */
    private static final int RUN = 512;

    Float16Codec() {
        super("float16", BLOCK, Short.BYTES, Short.SIZE);
    }

    @Override
    void encodeStride(float[] source, int offset, int elements, byte[] target, int at) {
        float maximum = Floats.absoluteMaximum(source, offset, elements);
        int scale = Math.min(TOP_EXPONENT - Math.getExponent(maximum), MAX_SCALE);
        SHORT.set(target, at, (short) scale);
        float factor = powerOfTwo(scale);
        float[] scaled = new float[RUN];
        int[] halves = new int[RUN];
        int out = at + Short.BYTES;
        for (int done = 0; done < elements; done += RUN) {
            int length = Math.min(RUN, elements - done);
            for (int i = 0; i < length; i++) {
                scaled[i] = source[offset + done + i] * factor * TO_HALF;
            }
            for (int i = 0; i < length; i++) {
                halves[i] = Float.floatToRawIntBits(scaled[i]);
            }
            for (int i = 0; i < length; i++) {
                int bits = halves[i];
                // to nearest, ties to even; a carry into the exponent is right
                int rounded = (bits + (1 << DROPPED_BITS - 1) - 1 + (bits >>> DROPPED_BITS & 1)) >>> DROPPED_BITS;
                halves[i] = Math.min(rounded & 0x7fff, MAX_HALF) | bits >>> 16 & 0x8000;
            }
            for (int i = 0; i < length; i++) {
                SHORT.set(target, out + Short.BYTES * (done + i), (short) halves[i]);
            }
        }
    }

    @Override
    void decodeStride(byte[] source, int at, float[] target, int offset, int elements) {
        int scale = (short) SHORT.get(source, at);
        if (scale < MIN_SCALE || scale > MAX_SCALE) {
            throw new InvalidPayloadException("A block whose scale is 2^" + scale);
        }
        float factor = powerOfTwo(-scale);
        int[] halves = new int[RUN];
        int in = at + Short.BYTES;
        for (int done = 0; done < elements; done += RUN) {
            int length = Math.min(RUN, elements - done);
            for (int i = 0; i < length; i++) {
                halves[i] = (short) SHORT.get(source, in + Short.BYTES * (done + i));
            }
            int greatest = 0;
            for (int i = 0; i < length; i++) {
                greatest = Math.max(greatest, halves[i] & 0x7fff);
            }
            if (greatest > MAX_HALF) {
                throw new InvalidPayloadException("A block with a value out of range");
            }
            for (int i = 0; i < length; i++) {
                int bits = halves[i] & 0x80000000 | (halves[i] & 0x7fff) << DROPPED_BITS;
                target[offset + done + i] = Float.intBitsToFloat(bits) * FROM_HALF * factor;
            }
        }
    }

    private static float powerOfTwo(int exponent) {
        return Float.intBitsToFloat(exponent + Float.MAX_EXPONENT << 23);
    }
}
