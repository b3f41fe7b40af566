package org.starling.swarm.virtual;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.runtime.Scheduler;

/** The clock, the thread and the chance of one life of a peer. Once stopped, nothing that it was given runs any more. */
public final class VirtualScheduler implements Scheduler {
    /** What a piece of heavy work takes on the reference machine. */
    private static final long WORK_NANOS = 500_000;

    private final VirtualTime time;
    private final int owner;
    private final RandomGenerator random;
    private final double slowness;
    private long offsetNanos;
    private boolean stopped;
    private int timers;

    /**
     * @param owner index of the peer, for the time's hash
     * @param slowness how many times longer than the reference machine it takes to compute
     * @param offsetNanos by which the wall clock is wrong
     */
    public VirtualScheduler(VirtualTime time, int owner, RandomGenerator random, double slowness, long offsetNanos) {
        this.time = time;
        this.owner = owner;
        this.random = random;
        this.slowness = slowness;
        this.offsetNanos = offsetNanos;
    }

    /** Ends this life, in the middle of the event that runs now. */
    public void stop() {
        stopped = true;
    }

    public boolean isStopped() {
        return stopped;
    }

    /** Sets the wall clock forward or back. */
    public void jump(long nanos) {
        offsetNanos += nanos;
    }

    /** Timers and tasks that have not run yet. */
    public int pending() {
        return timers;
    }

    @Override
    public Instant instant() {
        return VirtualTime.START.plusNanos(time.nowNanos() + offsetNanos);
    }

    @Override
    public long nanoTime() {
        return time.nowNanos();
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public void execute(Runnable task) {
        after(0, task);
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
        return after(delay.toNanos(), task);
    }

    /** Runs the task after so many nanoseconds. */
    public Cancellable after(long delayNanos, Runnable task) {
        if (stopped) {
            return () -> {};
        }
        timers++;
        Timer timer = new Timer(task);
        timer.event = time.at(delayNanos, owner, timer);
        return timer;
    }

    private final class Timer implements Runnable, Cancellable {
        private @Nullable Runnable task;
        private VirtualTime.@Nullable Event event;

        Timer(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            Runnable due = end();
            if (due != null && !stopped) {
                due.run();
            }
        }

        @Override
        public void cancel() {
            if (end() != null && event != null) {
                event.cancel();
            }
        }

        /** What is to be run, the first time that this is called. */
        private @Nullable Runnable end() {
            Runnable due = task;
            if (due != null) {
                task = null;
                timers--;
            }
            return due;
        }
    }

    @Override
    public <T> CompletableFuture<T> compute(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        after((long) (WORK_NANOS * slowness), () -> {
            T value;
            try {
                value = work.call();
            } catch (Exception e) {
                result.completeExceptionally(e);
                return;
            }
            result.complete(value);
        });
        return result;
    }
}
