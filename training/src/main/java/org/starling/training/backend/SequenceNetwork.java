package org.starling.training.backend;

import ai.djl.ndarray.NDArray;
import org.starling.training.tensor.TensorLayout;

/**
 * A model of token sequences as pure functions of its weights, written with DJL's arrays.
 *
 * <p>Arrays made on the way belong to the manager of the inputs, which the backend closes after the pass.
 */
public interface SequenceNetwork {
    TensorLayout layout();

    /**
     * Losses of complete sequences.
     *
     * @param tokens {@code int64[samples, length]}
     */
    SampleLosses losses(Weights weights, NDArray tokens);

    /**
     * Logits of the token after each prefix, {@code float32[samples, vocabulary]}.
     *
     * @param tokens {@code int64[samples, any length below the full one]}
     */
    NDArray predictNext(Weights weights, NDArray tokens);

    /**
     * Losses of each sample, both {@code float32[samples]}.
     *
     * @param objective what is minimized
     * @param metric what is shown
     */
    record SampleLosses(NDArray objective, NDArray metric) {}
}
