package org.starling.swarm.runtime;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * The clock, the protocol thread and the chance of one peer. Everything that touches protocol state runs on that thread: tasks given
 * to {@link #execute}, timers, and the completion of the futures that {@link #compute} returns.
 */
public interface Scheduler extends Executor, InstantSource {
    /** Wall-clock time, for what other peers will read. */
    @Override
    Instant instant();

    /** Monotonic time in nanoseconds, for measuring. */
    long nanoTime();

    /** Runs the task on the protocol thread, after everything that was submitted before. Callable from any thread. */
    @Override
    void execute(Runnable task);

    /** Runs the task on the protocol thread after the delay. Callable from any thread. */
    Cancellable schedule(Duration delay, Runnable task);

    /**
     * What is to happen on the protocol thread when a future completes. An exception thrown there is a defect and would vanish in the
     * future that {@link CompletableFuture#whenComplete} returns; so it fails a task of its own.
     */
    default <T> BiConsumer<T, Throwable> guarded(BiConsumer<? super T, ? super Throwable> continuation) {
        return (value, failure) -> {
            try {
                continuation.accept(value, failure);
            } catch (RuntimeException | Error defect) {
                execute(() -> {
                    throw defect;
                });
            }
        };
    }

    /** Does heavy work elsewhere; the future completes on the protocol thread. Callable from any thread. */
    <T> CompletableFuture<T> compute(Callable<T> work);

    /** Chance that nobody outside can foresee: for nonces, names and the choice of partners. */
    RandomGenerator random();

    /** A timer that may be stopped; stopping one that has run does nothing. */
    interface Cancellable {
        void cancel();
    }
}
