package org.starling.swarm.compression;

import java.nio.ByteBuffer;

/**
 * Tensors of less than {@value #THRESHOLD} elements (biases, normalizations' gains: little to gain, much to lose) as
 * {@code float16}, others as {@code uniform8}, as the run of "Training Transformers Together" (2021) did. The error bounds are
 * theirs. Without {@link #forPart} a vector counts as one tensor.
 */
final class SizeAdaptiveCodec implements Codec {
    static final int THRESHOLD = (1 << 16) + 1;

    private static final Codec SMALL = new Float16Codec();
    private static final Codec LARGE = new Uniform8Codec();

    static Codec of(int tensorElements) {
        return tensorElements < THRESHOLD ? SMALL : LARGE;
    }

    @Override
    public String name() {
        return "size-adaptive";
    }

    @Override
    public int encodedBytes(int elements) {
        return of(elements).encodedBytes(elements);
    }

    @Override
    public void encode(float[] source, int offset, int elements, ByteBuffer target) {
        of(elements).encode(source, offset, elements, target);
    }

    @Override
    public void decode(ByteBuffer source, float[] target, int offset, int elements) {
        of(elements).decode(source, target, offset, elements);
    }

    /** Every tensor, or what the part has of it, by itself; what counts is how large the whole tensor is. */
    @Override
    public Codec forPart(TensorSizes tensors, int offset, int elements) {
        return new PiecewiseCodec(
                name(),
                tensors.stretches(offset, elements).stream()
                        .map(stretch -> new PiecewiseCodec.Piece(of(stretch.tensorElements()), stretch.elements()))
                        .toList());
    }
}
