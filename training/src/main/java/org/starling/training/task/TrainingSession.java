package org.starling.training.task;

import java.awt.image.BufferedImage;
import java.util.List;
import org.starling.training.backend.Losses;

/**
 * An open task: parameters on the device, this peer's stream of samples, the validation set, the sampler.
 *
 * <p>Not thread-safe; may be used from different threads one after another. Sessions of one process compute gradients in
 * turn.
 */
public interface TrainingSession extends AutoCloseable {
    /** Copies flat parameters to the device. Gradients accumulated so far stay. */
    void loadParameters(float[] parameters);

    /** Draws the next samples of this peer's stream and adds the sum of their gradients to what is on the device. */
    Losses accumulate(int samples);

    /**
     * Moves the accumulated sum of gradients into {@code destination}, overwriting it, and starts again from zero.
     *
     * @return number of samples in the sum; divide by it for the mean
     */
    long drainGradient(float[] destination);

    /**
     * Losses over the validation set, which is the same on every peer.
     *
     * @param maxSamples at most this many; a fixed subset spread over the whole set
     */
    Losses evaluate(int maxSamples);

    /**
     * Draws one image for each prompt with the parameters loaded.
     *
     * @param prompts any text; what is too long is cut
     */
    List<BufferedImage> draw(List<String> prompts, Sampling sampling);

    /** Frees the device's memory. Idempotent. */
    @Override
    void close();

    /**
     * How to choose from the predicted distribution.
     *
     * @param seed equal seeds, prompts and parameters draw equal images on one machine
     * @param temperature 0 takes the likeliest code, 1 the distribution as it is
     * @param topFraction part of the codes, the likeliest, that may be chosen; in (0, 1]
     */
    record Sampling(long seed, double temperature, double topFraction) {
        public Sampling {
            if (!(temperature >= 0 && temperature <= 10)) {
                throw new IllegalArgumentException("temperature must be between 0 and 10, not " + temperature);
            }
            if (!(topFraction > 0 && topFraction <= 1)) {
                throw new IllegalArgumentException("topFraction must be above 0 and at most 1, not " + topFraction);
            }
        }

        public static Sampling withSeed(long seed) {
            return new Sampling(seed, 0.8, 0.1);
        }
    }
}
