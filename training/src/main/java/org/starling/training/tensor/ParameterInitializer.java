package org.starling.training.tensor;

import java.util.Arrays;

/**
 * First parameters that are the same bits on every platform.
 *
 * <p>Uniform bits come from SplitMix64 (Steele, Lea, Flood 2014, the algorithm of {@link java.util.SplittableRandom},
 * written out here because the JDK does not promise never to change it); Gaussians from the polar Box-Muller method
 * with {@link StrictMath}. Values depend on the seed and on the order of the calls. Not thread-safe.
 */
public final class ParameterInitializer {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private final TensorLayout layout;
    private final float[] parameters;
    private long state;

    /** All parameters start as zero. */
    public ParameterInitializer(TensorLayout layout, long seed) {
        this.layout = layout;
        this.parameters = new float[layout.size()];
        this.state = seed;
    }

    /** Fills a tensor with one value. */
    public ParameterInitializer constant(String tensor, float value) {
        TensorLayout.Tensor target = layout.tensor(tensor);
        Arrays.fill(parameters, target.offset(), target.offset() + target.size(), value);
        return this;
    }

    /** Fills a tensor with Gaussians of mean zero. */
    public ParameterInitializer normal(String tensor, double standardDeviation) {
        TensorLayout.Tensor target = layout.tensor(tensor);
        for (int i = 0; i < target.size(); i++) {
            parameters[target.offset() + i] = (float) (standardDeviation * nextGaussian());
        }
        return this;
    }

    /** The flat parameters {@code float[layout.size()]}; the caller owns them. */
    public float[] build() {
        return parameters.clone();
    }

    private double nextGaussian() {
        while (true) {
            double x = 2 * nextUniform() - 1;
            double y = 2 * nextUniform() - 1;
            double square = x * x + y * y;
            if (square > 0 && square < 1) {
                return x * StrictMath.sqrt(-2 * StrictMath.log(square) / square);
            }
        }
    }

    private double nextUniform() {
        state += GOLDEN_GAMMA;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
    }
}
