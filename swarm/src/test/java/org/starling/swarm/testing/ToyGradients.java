package org.starling.swarm.testing;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.node.Gradient;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.runtime.Scheduler;

/** Computes a number of samples a second; the gradient pulls every parameter towards a target of the peer's own. */
public final class ToyGradients implements GradientSource {
    private final ToyReplica replica;
    private final Scheduler clock;
    private final double speed;
    private final float target;
    private long sinceNanos;
    private long returned;

    public ToyGradients(ToyReplica replica, Scheduler clock, double speed, float target) {
        this.replica = replica;
        this.clock = clock;
        this.speed = speed;
        this.target = target;
        this.sinceNanos = clock.nanoTime();
    }

    @Override
    public long samples() {
        return returned + (long) ((clock.nanoTime() - sinceNanos) / 1e9 * speed);
    }

    @Override
    public double samplesPerSecond() {
        return speed;
    }

    @Override
    public double trainingLoss() {
        return 1;
    }

    @Override
    public String device() {
        return "toy";
    }

    @Override
    public CompletableFuture<Optional<Gradient>> drain() {
        long samples = samples();
        if (samples == 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        float[] mean = new float[replica.elements()];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = replica.parameters()[i] - target - i * 1e-3f;
        }
        discard();
        return CompletableFuture.completedFuture(Optional.of(new Gradient(mean, samples)));
    }

    @Override
    public void giveBack(Gradient gradient) {
        returned += gradient.samples();
    }

    @Override
    public long discard() {
        long samples = samples();
        returned = 0;
        sinceNanos = clock.nanoTime();
        return samples;
    }
}
