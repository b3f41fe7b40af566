package org.starling.swarm.runtime;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The real clock, one protocol thread and a small pool for heavy work. Close it to end its threads. */
public final class ThreadScheduler implements Scheduler, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ThreadScheduler.class);

    private final ScheduledThreadPoolExecutor protocol;
    private final ExecutorService workers;
    private final SecureRandom random = new SecureRandom();

    /** @param workerThreads threads for heavy work; the cores that the peer may use */
    public ThreadScheduler(int workerThreads) {
        protocol = new ScheduledThreadPoolExecutor(1, named("swarm-protocol"));
        protocol.setRemoveOnCancelPolicy(true);
        protocol.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        workers = Executors.newFixedThreadPool(workerThreads, named("swarm-worker"));
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public void execute(Runnable task) {
        try {
            protocol.execute(guarded(task));
        } catch (RejectedExecutionException closed) {
            log.debug("Dropped a task of a peer that has stopped");
        }
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
        try {
            Future<?> future = protocol.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        } catch (RejectedExecutionException closed) {
            return () -> {};
        }
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                log.error("A protocol task failed; this is a defect, please report it", e);
            }
        };
    }

    @Override
    public <T> CompletableFuture<T> compute(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            workers.execute(() -> {
                try {
                    T value = work.call();
                    execute(() -> result.complete(value));
                } catch (Exception | Error e) {
                    execute(() -> result.completeExceptionally(e));
                }
            });
        } catch (RejectedExecutionException closed) {
            result.completeExceptionally(closed);
        }
        return result;
    }

    @Override
    public void close() {
        protocol.shutdownNow();
        workers.shutdownNow();
    }
}
