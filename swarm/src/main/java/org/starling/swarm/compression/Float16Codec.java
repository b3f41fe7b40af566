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

    /** What no magnitude exceeds: one that is just below 2^15 may be rounded to it. */
    private static final float LIMIT = 0x1p15f;

    /**
     * Times this, a float's exponent field is that of the half of the original value, and gradual underflow happens at the
     * same place: what is left to do is to drop 13 bits of the fraction.
     */
    private static final float TO_HALF = 0x1p-112f;

    private static final float FROM_HALF = 0x1p112f;
    private static final int DROPPED_BITS = 13;

    /** Values that one loop hands to the next, in the cache. */
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
        int[] halves = new int[RUN];
        for (int done = 0; done < elements; done += RUN) {
            int length = Math.min(RUN, elements - done);
            scale(source, offset + done, length, factor, halves);
            round(halves, length);
            if (scale == MIN_SCALE) {
                limit(halves, length);
            }
            write(halves, length, target, at + Short.BYTES * (1 + done));
        }
    }

    // Small loops in methods of their own, each of which the compiler vectorizes; together it does not.

    private static void scale(float[] source, int offset, int length, float factor, int[] bits) {
        for (int i = 0; i < length; i++) {
            bits[i] = Float.floatToRawIntBits(source[offset + i] * factor * TO_HALF);
        }
    }

    /** From a float's bits to those of the nearest half, ties to even; a carry into the exponent is right. */
    private static void round(int[] values, int length) {
        for (int i = 0; i < length; i++) {
            int bits = values[i];
            int rounded = (bits + (1 << DROPPED_BITS - 1) - 1 + (bits >>> DROPPED_BITS & 1)) >>> DROPPED_BITS;
            values[i] = rounded & 0x7fff | bits >>> 16 & 0x8000;
        }
    }

    /** The greatest floats must not become more than there is. */
    private static void limit(int[] halves, int length) {
        for (int i = 0; i < length; i++) {
            halves[i] = Math.min(halves[i] & 0x7fff, MAX_HALF) | halves[i] & 0x8000;
        }
    }

    private static void write(int[] halves, int length, byte[] target, int at) {
        for (int i = 0; i < length; i++) {
            SHORT.set(target, at + Short.BYTES * i, (short) halves[i]);
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
        for (int done = 0; done < elements; done += RUN) {
            int length = Math.min(RUN, elements - done);
            read(source, at + Short.BYTES * (1 + done), halves, length);
            widen(halves, length);
            unscale(halves, length, factor, target, offset + done);
        }
        float greatest = Floats.absoluteMaximum(target, offset, elements);
        if (!(greatest <= Math.min(LIMIT * factor, Float.MAX_VALUE))) {
            throw new InvalidPayloadException("A block of scale 2^" + scale + " with a value of " + greatest);
        }
    }

    private static void read(byte[] source, int at, int[] halves, int length) {
        for (int i = 0; i < length; i++) {
            halves[i] = (short) SHORT.get(source, at + Short.BYTES * i);
        }
    }

    private static void widen(int[] values, int length) {
        for (int i = 0; i < length; i++) {
            values[i] = values[i] & 0x80000000 | (values[i] & 0x7fff) << DROPPED_BITS;
        }
    }

    private static void unscale(int[] bits, int length, float factor, float[] target, int offset) {
        for (int i = 0; i < length; i++) {
            target[offset + i] = Float.intBitsToFloat(bits[i]) * FROM_HALF * factor;
        }
    }

    private static float powerOfTwo(int exponent) {
        return Float.intBitsToFloat(exponent + Float.MAX_EXPONENT << 23);
    }
}
