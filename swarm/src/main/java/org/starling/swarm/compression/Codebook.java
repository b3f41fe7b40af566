package org.starling.swarm.compression;

/**
 * Some ascending values in [-1, 1], numbered from 0, and which of them is nearest to any number. A number's sign, exponent and
 * first bits of the fraction lead to the lowest that it can be; between that and the next, the middle decides. So there is no
 * branch and no search, and the answer is exact.
 */
final class Codebook {
    /** What is left selects one of buckets so narrow that none contains two middles. */
    private static final int DROPPED_BITS = 17;

    private final float[] values;
    private final float[] middles;
    private final byte[] lowest = new byte[1 << Float.SIZE - DROPPED_BITS];

    /** @param values ascending, at most 256, no two of which are closer than 1.4 % of the greater */
    Codebook(float[] values) {
        this.values = values;
        this.middles = new float[values.length];
        for (int i = 0; i + 1 < values.length; i++) {
            middles[i] = (values[i] + values[i + 1]) / 2;
        }
        middles[values.length - 1] = Float.POSITIVE_INFINITY;
        for (int bucket = 0; bucket < lowest.length; bucket++) {
            float one = Float.intBitsToFloat(bucket << DROPPED_BITS);
            float other = Float.intBitsToFloat(bucket << DROPPED_BITS | (1 << DROPPED_BITS) - 1);
            if (Float.isFinite(one) && Float.isFinite(other)) {
                int lower = search(Math.min(one, other));
                if (search(Math.max(one, other)) > lower + 1) {
                    throw new IllegalArgumentException("The values near " + one + " are too close to one another");
                }
                lowest[bucket] = (byte) lower;
            }
        }
    }

    private int search(float number) {
        int index = 0;
        while (number > middles[index]) {
            index++;
        }
        return index;
    }

    float[] values() {
        return values;
    }

    /** The number of the nearest value, the lower one if a finite number is exactly in the middle. */
    int nearest(float number) {
        int lower = lowest[Float.floatToRawIntBits(number) >>> DROPPED_BITS] & 0xff;
        // the sign bit: 1 if the number is beyond the middle
        return lower + (Float.floatToRawIntBits(middles[lower] - number) >>> 31);
    }
}
