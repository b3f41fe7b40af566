package org.starling.training.backend;

/**
 * Mean losses over some samples, in nats.
 *
 * @param samples number of samples; 0 if there were none, and then the losses are 0
 * @param objective what training minimizes
 * @param metric what people watch and compare with the task's baselines
 */
public record Losses(long samples, double objective, double metric) {
    public static final Losses NONE = new Losses(0, 0, 0);

    /** The mean over the samples of both. */
    public Losses plus(Losses other) {
        long sum = samples + other.samples;
        if (sum == 0) {
            return NONE;
        }
        return new Losses(
                sum,
                (objective * samples + other.objective * other.samples) / sum,
                (metric * samples + other.metric * other.samples) / sum);
    }
}
