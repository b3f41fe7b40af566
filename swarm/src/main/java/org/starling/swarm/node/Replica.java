package org.starling.swarm.node;

import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.state.StateBytes;

/**
 * A copy of what is trained: parameters and optimizer state. Deterministic: the same state and the same gradient give the
 * same next state, bit for bit, on every platform. The node never calls two methods at once, except {@link #state} reads
 * between changes.
 */
public interface Replica {
    /** Length of the flat gradient. */
    int elements();

    /**
     * The tensors of which the flat gradient is made, in order, {@link #elements} together; the same ones for every peer of
     * the run. A codec may treat small ones differently.
     */
    default TensorSizes tensors() {
        return TensorSizes.single(elements());
    }

    /** The current state in its canonical bytes; a live view, read only while no change is under way. */
    StateBytes state();

    /**
     * One optimizer step. Called on a worker thread.
     *
     * @param meanGradient {@code float[elements]}, the swarm's average over samples; belongs to the node, not to be changed
     */
    void apply(float[] meanGradient);

    /**
     * Replaces the state. Called on a worker thread.
     *
     * @throws IllegalArgumentException if the bytes are no state of this task; then nothing has changed
     */
    void load(StateBytes state);
}
