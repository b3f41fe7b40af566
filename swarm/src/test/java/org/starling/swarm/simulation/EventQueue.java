package org.starling.swarm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: what happens next, and when. Events of the same time run in the order in which they were submitted. Every
 * event that runs goes into a hash, so that two runs can be compared.
 */
final class EventQueue {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static final int COMPACT_ABOVE = 4096;

    private PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNanos;
    private long order;
    private long executed;
    private long hash = 1;
    private int cancelled;

    /** Something that will happen unless it is cancelled. */
    final class Event implements Comparable<Event> {
        private final long atNanos;
        private final long order;
        private final int owner;
        private @Nullable Runnable task;

        private Event(long atNanos, long order, int owner, Runnable task) {
            this.atNanos = atNanos;
            this.order = order;
            this.owner = owner;
            this.task = task;
        }

        @Override
        public int compareTo(Event other) {
            return atNanos != other.atNanos ? Long.compare(atNanos, other.atNanos) : Long.compare(order, other.order);
        }

        void cancel() {
            if (task != null) {
                task = null;
                cancelled++;
                compact();
            }
        }
    }

    /** Deadlines of calls that were answered would otherwise fill the queue. */
    private void compact() {
        if (cancelled > COMPACT_ABOVE && cancelled > events.size() / 2) {
            PriorityQueue<Event> living = new PriorityQueue<>();
            for (Event event : events) {
                if (event.task != null) {
                    living.add(event);
                }
            }
            events = living;
            cancelled = 0;
        }
    }

    long nowNanos() {
        return nowNanos;
    }

    Duration now() {
        return Duration.ofNanos(nowNanos);
    }

    /** Events that have run. */
    long executed() {
        return executed;
    }

    /** Puts something that has happened into the hash. */
    void note(long fact) {
        hash = mix(hash ^ fact);
    }

    /** Of all events and facts so far, in order. */
    long hash() {
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
    Event at(long delayNanos, int owner, Runnable task) {
        Event event = new Event(nowNanos + Math.max(0, delayNanos), order++, owner, task);
        events.add(event);
        return event;
    }

    /**
     * Runs the next event, if it is due by then.
     *
     * @return the owner of the event; {@link #NOTHING} if none is due, and then it is that time now
     */
    int runNext(long untilNanos) {
        while (true) {
            Event next = events.peek();
            if (next == null || next.atNanos > untilNanos) {
                nowNanos = untilNanos;
                return NOTHING;
            }
            events.remove();
            Runnable task = next.task;
            if (task == null) {
                cancelled--;
                continue;
            }
            next.task = null;
            nowNanos = next.atNanos;
            executed++;
            note(nowNanos * 31 + next.owner);
            task.run();
            return next.owner;
        }
    }

    static final int NOTHING = Integer.MIN_VALUE;
}
