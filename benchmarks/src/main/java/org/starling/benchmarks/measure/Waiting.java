package org.starling.benchmarks.measure;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what other threads bring about. */
public final class Waiting {
    private Waiting() {}

    /**
     * Looks again and again until a condition holds.
     *
     * @param pause between two looks; a time that is measured with it is too long by that much at most
     * @throws IllegalStateException if it does not hold within the patience
     */
    public static void until(BooleanSupplier condition, Duration pause, Duration patience) throws InterruptedException {
        long until = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("The swarm did not come to what was waited for within " + patience);
            }
            Thread.sleep(pause.toMillis());
        }
    }
}
