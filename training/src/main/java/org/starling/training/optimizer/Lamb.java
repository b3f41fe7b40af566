package org.starling.training.optimizer;

import org.starling.training.tensor.TensorLayout;

/**
 * LAMB (You et al. 2020, "Large Batch Optimization for Deep Learning", algorithm 2) as the original run used it: no bias
 * correction, weight decay and norm clipping, the trust ratio per tensor.
 *
 * <p>Deterministic: elements in 32-bit, norms in 64-bit summed by ascending index, and of all functions only the square
 * root, which IEEE 754 rounds correctly. Vectors (biases, gains) take a plain step at a rate of their own: many start at
 * a norm of zero, where the trust ratio has no meaning.
 */
public final class Lamb implements Optimizer {
    private final OptimizerSettings settings;
    private final TensorLayout layout;

    public Lamb(OptimizerSettings settings, TensorLayout layout) {
        this.settings = settings;
        this.layout = layout;
    }

    @Override
    public int slots() {
        return 2;
    }

    @Override
    public StepReport step(TrainingState from, float[] gradient, TrainingState into) {
        requireFitting(from, gradient, into);
        double gradientNorm = norm(gradient, 0, gradient.length);
        if (!Double.isFinite(gradientNorm)) {
            throw new IllegalArgumentException("the gradient is not finite (norm " + gradientNorm + "): no step taken");
        }
        long step = from.step() + 1;
        double rate = settings.learningRateAt(step);
        float scale =
                gradientNorm > settings.maxGradientNorm() ? (float) (settings.maxGradientNorm() / gradientNorm) : 1;
        updateMoments(gradient, scale, from, into);
        double squaredChange = 0;
        for (TensorLayout.Tensor tensor : layout.tensors()) {
            squaredChange += updateTensor(tensor, rate, from, into);
        }
        into.advanceTo(step);
        return new StepReport(step, rate, gradientNorm, Math.sqrt(squaredChange));
    }

    private void updateMoments(float[] gradient, float scale, TrainingState from, TrainingState into) {
        float beta1 = (float) settings.beta1();
        float beta2 = (float) settings.beta2();
        float rest1 = (float) (1 - settings.beta1());
        float rest2 = (float) (1 - settings.beta2());
        float[] m0 = from.slot(0);
        float[] v0 = from.slot(1);
        float[] m1 = into.slot(0);
        float[] v1 = into.slot(1);
        for (int i = 0; i < gradient.length; i++) {
            float g = gradient[i] * scale;
            m1[i] = beta1 * m0[i] + rest1 * g;
            v1[i] = beta2 * v0[i] + rest2 * (g * g);
        }
    }

    /** Applies {@code r = m / (sqrt(v) + epsilon) + decay * w} to one tensor; returns the squared norm of the change. */
    private double updateTensor(TensorLayout.Tensor tensor, double rate, TrainingState from, TrainingState into) {
        float epsilon = (float) settings.epsilon();
        float decay = tensor.matrix() ? (float) settings.weightDecay() : 0;
        float[] w0 = from.parameters();
        float[] w1 = into.parameters();
        float[] m = into.slot(0);
        float[] v = into.slot(1);
        int begin = tensor.offset();
        int end = begin + tensor.size();
        double squaredUpdate = 0;
        for (int i = begin; i < end; i++) {
            double r = update(m[i], v[i], epsilon, decay, w0[i]);
            squaredUpdate += r * r;
        }
        double trust =
                tensor.matrix() ? trustRatio(norm(w0, begin, end), Math.sqrt(squaredUpdate)) : settings.vectorRate();
        float factor = (float) (rate * trust);
        for (int i = begin; i < end; i++) {
            w1[i] = w0[i] - factor * update(m[i], v[i], epsilon, decay, w0[i]);
        }
        return squaredUpdate * factor * factor;
    }

    private static float update(float m, float v, float epsilon, float decay, float w) {
        return m / ((float) Math.sqrt(v) + epsilon) + decay * w;
    }

    private double trustRatio(double weightNorm, double updateNorm) {
        return weightNorm == 0 || updateNorm == 0 ? 1 : Math.min(weightNorm, settings.maxWeightNorm()) / updateNorm;
    }

    private static double norm(float[] values, int begin, int end) {
        double sum = 0;
        for (int i = begin; i < end; i++) {
            sum += (double) values[i] * values[i];
        }
        return Math.sqrt(sum);
    }

    private void requireFitting(TrainingState from, float[] gradient, TrainingState into) {
        from.requireSameShape(into);
        if (from.slotCount() != slots() || from.size() != layout.size() || gradient.length != layout.size()) {
            throw new IllegalArgumentException("LAMB steps states of " + layout.size() + " parameters with " + slots()
                    + " slots; got " + from + " and a gradient of " + gradient.length);
        }
    }
}
