package org.starling.training.optimizer;

import org.starling.training.settings.Settings;

/**
 * Settings of {@link Lamb}; the same on all peers of a run, part of its configuration.
 *
 * @param learningRate rate at the end of the warm-up
 * @param warmupSteps steps over which the rate rises linearly from zero; 0 for none
 * @param totalSteps step at which a linear decay reaches {@code finalFraction}; 0 for a constant rate
 * @param finalFraction rate after {@code totalSteps}, as a fraction of {@code learningRate}
 * @param vectorRate rate of vectors (biases, gains) relative to that of matrices: a matrix changes by the rate times its
 *     own size, a vector by the rate itself, which is too much for biases of networks whose weights are small
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of squared gradients
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled weight decay of matrices; vectors (biases, normalization) never decay
 * @param maxGradientNorm a gradient with a larger Euclidean norm is scaled down to it
 * @param maxWeightNorm upper bound of a tensor's norm in the trust ratio: phi(z) = min(z, bound) in the paper
 */
public record OptimizerSettings(
        double learningRate,
        long warmupSteps,
        long totalSteps,
        double finalFraction,
        double vectorRate,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        double maxGradientNorm,
        double maxWeightNorm) {

    /**
     * The values of the original run (Borzunov et al., "Training Transformers Together", 2022): LAMB at 2.5e-3, warm-up
     * over 3,125 of 31,250 steps. Only {@code vectorRate} is ours: the original applied the trust ratio to vectors too.
     */
    public static OptimizerSettings ofOriginalRun() {
        return new OptimizerSettings(2.5e-3, 3125, 31_250, 0, 0.1, 0.9, 0.96, 1e-6, 0.045, 4.0, 1e4);
    }

    public OptimizerSettings withSchedule(
            double newLearningRate, long newWarmupSteps, long newTotalSteps, double newFinalFraction) {
        return new OptimizerSettings(
                newLearningRate,
                newWarmupSteps,
                newTotalSteps,
                newFinalFraction,
                vectorRate,
                beta1,
                beta2,
                epsilon,
                weightDecay,
                maxGradientNorm,
                maxWeightNorm);
    }

    /** Reads {@code optimizer.*} keys; these settings are the defaults. */
    public OptimizerSettings overriddenBy(Settings settings) {
        return new OptimizerSettings(
                settings.decimal("optimizer.learning-rate", learningRate, 1e-12, 10),
                settings.wholeNumber("optimizer.warmup-steps", warmupSteps, 0, 1L << 40),
                settings.wholeNumber("optimizer.total-steps", totalSteps, 0, 1L << 40),
                settings.decimal("optimizer.final-fraction", finalFraction, 0, 1),
                settings.decimal("optimizer.vector-rate", vectorRate, 0, 1),
                settings.decimal("optimizer.beta1", beta1, 0, 0.99999),
                settings.decimal("optimizer.beta2", beta2, 0, 0.99999),
                settings.decimal("optimizer.epsilon", epsilon, 1e-15, 1),
                settings.decimal("optimizer.weight-decay", weightDecay, 0, 1),
                settings.decimal("optimizer.max-gradient-norm", maxGradientNorm, 1e-12, 1e12),
                settings.decimal("optimizer.max-weight-norm", maxWeightNorm, 1e-12, 1e12));
    }

    /** The learning rate of a step; the first step is number 1. */
    public double learningRateAt(long step) {
        if (step < warmupSteps) {
            return learningRate * step / warmupSteps;
        }
        if (totalSteps == 0) {
            return learningRate;
        }
        if (step >= totalSteps) {
            return learningRate * finalFraction;
        }
        double remaining = (double) (totalSteps - step) / (totalSteps - warmupSteps);
        return learningRate * (finalFraction + (1 - finalFraction) * remaining);
    }
}
