package org.starling.swarm.node;

/**
 * What a trainer has accumulated.
 *
 * @param mean {@code float[elements]}: the mean of the gradient over the samples; whoever holds it owns it
 * @param samples how many, at least 1
 */
public record Gradient(float[] mean, long samples) {
    public Gradient {
        if (samples < 1) {
            throw new IllegalArgumentException("A gradient is the mean over at least one sample, not " + samples);
        }
    }
}
