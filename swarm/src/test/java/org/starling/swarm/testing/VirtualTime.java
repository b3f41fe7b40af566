package org.starling.swarm.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.starling.swarm.runtime.Scheduler;

/** An event queue with a clock. Events of the same time run in the order in which they were submitted. */
public final class VirtualTime {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::order));
    private long nowNanos;
    private long order;
    private long peers;

    private record Event(long atNanos, long order, Runnable task) {}

    public Instant now() {
        return START.plusNanos(nowNanos);
    }

    public void at(Duration delay, Runnable task) {
        events.add(new Event(nowNanos + Math.max(0, delay.toNanos()), order++, task));
    }

    /** Runs events until the condition holds; false if it does not within the time. */
    public boolean runUntil(BooleanSupplier condition, Duration limit) {
        long end = nowNanos + limit.toNanos();
        while (!condition.getAsBoolean()) {
            Event next = events.peek();
            if (next == null || next.atNanos() > end) {
                nowNanos = end;
                return condition.getAsBoolean();
            }
            events.remove();
            nowNanos = next.atNanos();
            next.task().run();
        }
        return true;
    }

    public void run(Duration time) {
        runUntil(() -> false, time);
    }

    /** The scheduler of one peer. Once stopped, nothing that it was given runs any more. */
    public final class PeerScheduler implements Scheduler {
        private final List<Runnable> onReset = new ArrayList<>();
        private final Random random = new Random(peers++);
        private boolean stopped;

        /** As when the power fails: nobody is told. */
        public void stop() {
            stopped = true;
        }

        /** As a SIGKILL: the operating system resets the connections. */
        public void kill() {
            stopped = true;
            onReset.forEach(Runnable::run);
        }

        void onReset(Runnable task) {
            onReset.add(task);
        }

        public boolean isStopped() {
            return stopped;
        }

        @Override
        public Instant instant() {
            return now();
        }

        @Override
        public long nanoTime() {
            return nowNanos;
        }

        @Override
        public Random random() {
            return random;
        }

        @Override
        public void execute(Runnable task) {
            schedule(Duration.ZERO, task);
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            boolean[] cancelled = new boolean[1];
            at(delay, () -> {
                if (!stopped && !cancelled[0]) {
                    task.run();
                }
            });
            return () -> cancelled[0] = true;
        }

        @Override
        public <T> CompletableFuture<T> compute(Callable<T> work) {
            CompletableFuture<T> result = new CompletableFuture<>();
            execute(() -> {
                try {
                    result.complete(work.call());
                } catch (Exception e) {
                    result.completeExceptionally(e);
                }
            });
            return result;
        }
    }
}
