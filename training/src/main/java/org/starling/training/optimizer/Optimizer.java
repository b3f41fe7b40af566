package org.starling.training.optimizer;

/** Turns an averaged gradient and a state into the next state; a pure function of its arguments, bit for bit. */
public interface Optimizer {
    /** Number of slots that a {@link TrainingState} needs for this optimizer. */
    int slots();

    /**
     * Takes one step; allocates nothing that grows with the model.
     *
     * @param from the state before; unchanged unless it is also {@code into}
     * @param gradient mean gradient over the samples of the batch, {@code float[n]}; unchanged
     * @param into receives the state after; may be {@code from}
     * @throws IllegalArgumentException if the lengths differ or the gradient is not finite; {@code into} is then
     *     unchanged
     */
    StepReport step(TrainingState from, float[] gradient, TrainingState into);

    /**
     * What a step did.
     *
     * @param step counter after the step
     * @param learningRate rate that the schedule gave
     * @param gradientNorm Euclidean norm of the gradient before clipping
     * @param updateNorm Euclidean norm of the change of the parameters
     */
    record StepReport(long step, double learningRate, double gradientNorm, double updateNorm) {}
}
