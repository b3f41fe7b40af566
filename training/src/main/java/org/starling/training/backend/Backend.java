package org.starling.training.backend;

/**
 * Computes losses and gradients of one model; parameters and gradients cross as flat buffers in the model's
 * {@link org.starling.training.tensor.TensorLayout}.
 *
 * <p>Gradients add up on the device over any number of calls, also across {@link #loadParameters}, until they are
 * drained. Not thread-safe; may be used from different threads one after another.
 *
 * @param <B> a micro-batch as the model takes it
 */
public interface Backend<B> extends AutoCloseable {
    /** Copies {@code float[n]} to the device. Accumulated gradients stay. */
    void loadParameters(float[] parameters);

    /**
     * Forward and backward pass; adds the gradient of the <em>sum</em> of the samples' objectives to what is on the
     * device.
     */
    Losses accumulate(B batch);

    /**
     * Moves the accumulated sum of gradients into {@code destination}, overwriting it, and starts again from zero.
     *
     * @param destination {@code float[n]}; divide by the returned number for the mean
     * @return number of samples in the sum; if 0, {@code destination} is all zeros
     */
    long drainGradient(float[] destination);

    /** Forward pass only. */
    Losses evaluate(B batch);

    /** Frees the device's memory. Idempotent. */
    @Override
    void close();
}
