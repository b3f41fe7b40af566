package org.starling.swarm.compression;

/**
 * Blockwise quantization to 4 bits: every block of {@value #BLOCK} values is divided by its greatest magnitude M and each value
 * replaced by the number of the nearest of the 16 values of the NormalFloat data type (Dettmers et al., "QLoRA", 2023,
 * appendix E), which normally distributed values use equally often. Better with {@code averaging.error-feedback}.
 *
 * <p>A value's error is at most {@value #MAX_RELATIVE_ERROR} of M; a block of M below 2^-126 is all zeros. Layout: for each
 * block the upper two bytes of M as float32, little-endian, then two values a byte, the first in the lower bits.
 */
final class Blockwise4Codec extends StridedCodec {
    static final int BLOCK = 64;

    /** Of the block's greatest magnitude: half the widest gap between neighbouring values, and rounding. */
    static final float MAX_RELATIVE_ERROR = 0.152f;

    private static final Codebook CODEBOOK = new Codebook(new float[] {
        -1.0f,
        -0.6961928009986877f,
        -0.5250730514526367f,
        -0.39491748809814453f,
        -0.28444138169288635f,
        -0.18477343022823334f,
        -0.09105003625154495f,
        0.0f,
        0.07958029955625534f,
        0.16093020141124725f,
        0.24611230194568634f,
        0.33791524171829224f,
        0.44070982933044434f,
        0.5626170039176941f,
        0.7229568362236023f,
        1.0f
    });

    Blockwise4Codec() {
        super("blockwise4", BLOCK, Short.BYTES, 4);
    }

    @Override
    void encodeStride(float[] source, int offset, int elements, byte[] target, int at) {
        int out = at;
        for (int done = 0; done < elements; done += BLOCK) {
            int from = offset + done;
            int length = Math.min(BLOCK, elements - done);
            int bits = Float.floatToRawIntBits(Floats.absoluteMaximum(source, from, length));
            SHORT.set(target, out, (short) (bits >>> 16));
            out += Short.BYTES;
            // up to 2^-7 less than the maximum, which then goes beyond 1: the nearest value is still 1
            float maximum = Float.intBitsToFloat(bits & 0xffff0000);
            float factor = maximum < Float.MIN_NORMAL ? 0 : 1 / maximum;
            for (int i = 0; i < length / 2; i++) {
                int first = CODEBOOK.nearest(source[from + 2 * i] * factor);
                int second = CODEBOOK.nearest(source[from + 2 * i + 1] * factor);
                target[out + i] = (byte) (first | second << 4);
            }
            if (length % 2 == 1) {
                target[out + length / 2] = (byte) CODEBOOK.nearest(source[from + length - 1] * factor);
            }
            out += (length + 1) / 2;
        }
    }

    @Override
    void decodeStride(byte[] source, int at, float[] target, int offset, int elements) {
        float[] values = CODEBOOK.values();
        int in = at;
        for (int done = 0; done < elements; done += BLOCK) {
            int to = offset + done;
            int length = Math.min(BLOCK, elements - done);
            float maximum = Floats.requireScale(Float.intBitsToFloat((short) SHORT.get(source, in) << 16));
            in += Short.BYTES;
            for (int i = 0; i < length / 2; i++) {
                int pair = source[in + i];
                target[to + 2 * i] = values[pair & 0xf] * maximum;
                target[to + 2 * i + 1] = values[pair >>> 4 & 0xf] * maximum;
            }
            if (length % 2 == 1) {
                target[to + length - 1] = values[source[in + length / 2] & 0xf] * maximum;
            }
            in += (length + 1) / 2;
        }
    }
}
