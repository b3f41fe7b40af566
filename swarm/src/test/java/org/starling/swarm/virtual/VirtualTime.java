package org.starling.swarm.virtual;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: what happens next, and when. Events of the same time run in the order in which they were submitted. Every
 * event that runs goes into a hash, so that two runs can be compared.
 *
 * <p>A heap with four children to a node (Johnson, 1975) whose keys lie side by side: with a thousand peers some hundred thousand
 * events wait, and most of the time would be spent on fetching them one by one to compare them.
 */
public final class VirtualTime {
    public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    /** No event. */
    public static final int NOTHING = Integer.MIN_VALUE;

    /** The owner of what no peer does. */
    public static final int NOBODY = -1;

    private static final int COMPACT_ABOVE = 4096;
    private static final int CHILDREN = 4;

    private long[] times = new long[1024];
    private long[] orders = new long[1024];
    private @Nullable Event[] events = new Event[1024];
    private int size;
    private long nowNanos;
    private long order;
    private long executed;
    private int running = NOBODY;
    private long hash = 1;
    private int cancelled;
    private int schedulers;

    /** Something that will happen unless it is cancelled. */
    public final class Event {
        private final int owner;
        private @Nullable Runnable task;

        private Event(int owner, Runnable task) {
            this.owner = owner;
            this.task = task;
        }

        void cancel() {
            if (task != null) {
                task = null;
                cancelled++;
                compact();
            }
        }
    }

    /** Since the beginning. */
    public long nowNanos() {
        return nowNanos;
    }

    /** By a clock that is right. */
    public Instant now() {
        return START.plusNanos(nowNanos);
    }

    /** Time since the beginning. */
    public Duration elapsed() {
        return Duration.ofNanos(nowNanos);
    }

    /** Events that have run. */
    public long executed() {
        return executed;
    }

    /** Puts something that has happened into the hash. */
    public void note(long fact) {
        hash = mix(hash ^ fact);
    }

    /** Of all events and facts so far, in order. */
    public long hash() {
        return hash;
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** @param owner index of the peer that acts; negative for the world */
    public Event at(long delayNanos, int owner, Runnable task) {
        Event event = new Event(owner, task);
        if (size == events.length) {
            times = Arrays.copyOf(times, 2 * size);
            orders = Arrays.copyOf(orders, 2 * size);
            events = Arrays.copyOf(events, 2 * size);
        }
        siftUp(size++, nowNanos + Math.max(0, delayNanos), order++, event);
        return event;
    }

    /**
     * Runs the next event, if it is due by then.
     *
     * @return the owner of the event; {@link #NOTHING} if none is due, and then it is that time now
     */
    public int runNext(long untilNanos) {
        while (true) {
            Event next = events[0];
            if (next == null || times[0] > untilNanos) {
                nowNanos = untilNanos;
                return NOTHING;
            }
            long time = times[0];
            removeFirst();
            Runnable task = next.task;
            if (task == null) {
                cancelled--;
                continue;
            }
            next.task = null;
            nowNanos = time;
            executed++;
            note(nowNanos * 31 + next.owner);
            running = next.owner;
            task.run();
            return next.owner;
        }
    }

    /** The owner of the event that runs, or ran last. */
    public int running() {
        return running;
    }

    /** Has something happen that no peer does. */
    public void at(Duration delay, Runnable task) {
        at(delay.toNanos(), NOBODY, task);
    }

    /** Runs events until the condition holds; false if it does not within the time. */
    public boolean runUntil(BooleanSupplier condition, Duration limit) {
        long end = nowNanos + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (runNext(end) == NOTHING) {
                return condition.getAsBoolean();
            }
        }
        return true;
    }

    /** Runs the events of so much time. */
    public void run(Duration time) {
        runUntil(() -> false, time);
    }

    /** The scheduler of one more peer, as fast as the reference machine and with a clock that is right. */
    public VirtualScheduler scheduler() {
        return new VirtualScheduler(this, schedulers, new Random(schedulers++), 1, 0);
    }

    // ---- the heap ----

    private void removeFirst() {
        size--;
        long lastTime = times[size];
        long lastOrder = orders[size];
        Event last = events[size];
        events[size] = null;
        if (size > 0 && last != null) {
            siftDown(0, lastTime, lastOrder, last);
        }
    }

    private void put(int at, long time, long order, @Nullable Event event) {
        times[at] = time;
        orders[at] = order;
        events[at] = event;
    }

    private void siftUp(int from, long time, long order, Event event) {
        int at = from;
        while (at > 0) {
            int parent = (at - 1) / CHILDREN;
            if (isBefore(parent, time, order)) {
                break;
            }
            put(at, times[parent], orders[parent], events[parent]);
            at = parent;
        }
        put(at, time, order, event);
    }

    private void siftDown(int from, long time, long order, Event event) {
        int at = from;
        while (true) {
            int first = at * CHILDREN + 1;
            if (first >= size) {
                break;
            }
            int least = first;
            for (int child = first + 1; child < Math.min(first + CHILDREN, size); child++) {
                if (isBefore(child, times[least], orders[least])) {
                    least = child;
                }
            }
            if (!isBefore(least, time, order)) {
                break;
            }
            put(at, times[least], orders[least], events[least]);
            at = least;
        }
        put(at, time, order, event);
    }

    private boolean isBefore(int at, long time, long order) {
        return times[at] != time ? times[at] < time : orders[at] < order;
    }

    /** Deadlines of calls that were answered would otherwise fill the queue. */
    private void compact() {
        if (cancelled <= COMPACT_ABOVE || cancelled <= size / 2) {
            return;
        }
        int living = 0;
        for (int i = 0; i < size; i++) {
            Event event = events[i];
            if (event != null && event.task != null) {
                put(living++, times[i], orders[i], event);
            }
        }
        Arrays.fill(events, living, size, null);
        size = living;
        cancelled = 0;
        for (int i = (size - 2) / CHILDREN; i >= 0 && size > 1; i--) {
            Event event = events[i];
            if (event != null) {
                siftDown(i, times[i], orders[i], event);
            }
        }
    }
}
