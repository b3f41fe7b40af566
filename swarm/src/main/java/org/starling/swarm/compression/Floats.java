package org.starling.swarm.compression;

/** Loops over floats that the compiler turns into vector instructions. */
final class Floats {
    private Floats() {}

    /** The greatest magnitude; NaN if there is a NaN, 0 if there is nothing. */
    static float absoluteMaximum(float[] values, int offset, int elements) {
        float maximum = 0;
        for (int i = offset; i < offset + elements; i++) {
            maximum = Math.max(maximum, Math.abs(values[i]));
        }
        return maximum;
    }

    static void requireFinite(float[] values, int offset, int elements) {
        if (!Float.isFinite(absoluteMaximum(values, offset, elements))) {
            throw new InvalidPayloadException("A payload with a value that is not finite");
        }
    }

    /** A block's scale as it came over the wire. */
    static float requireScale(float scale) {
        if (!(scale >= 0 && scale <= Float.MAX_VALUE)) {
            throw new InvalidPayloadException("A block whose scale is " + scale);
        }
        return scale;
    }
}
