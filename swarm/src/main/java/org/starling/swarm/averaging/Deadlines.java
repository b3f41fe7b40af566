package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.starling.swarm.runtime.Scheduler;

/**
 * How long a peer waits for what: as long as the same, and the same peer, has been seen to need. Keeps what it has measured over the
 * rounds. Confined to the protocol thread.
 */
public final class Deadlines {
    /** For what does not depend on a single peer. */
    public static final String ANYBODY = "";

    private static final double LEAST_ON_THE_WAY = 1.0 / 2;
    private static final double MOST_ON_THE_WAY = 3;

    private final Scheduler scheduler;
    private final Deadline.Watch watch;
    private final Map<Deadline, ResponseTimes> measured = new EnumMap<>(Deadline.class);
    /** Of small calls that were answered: one that got lost says nothing of the way. */
    private final ResponseTimes roundTrips = new ResponseTimes();

    /** @param watch hears how close deadlines were */
    public Deadlines(Scheduler scheduler, Deadline.Watch watch) {
        this.scheduler = scheduler;
        this.watch = watch;
    }

    private ResponseTimes times(Deadline kind) {
        return measured.computeIfAbsent(kind.basis(), k -> new ResponseTimes());
    }

    /**
     * The time to allow.
     *
     * @param whom a peer, by address or id, or {@link #ANYBODY}
     * @param usual of those of whom nothing is known
     */
    public Duration allowed(Deadline kind, String whom, Duration usual) {
        return kind.isAdapted() ? times(kind).patience(whom, usual, kind.least(), kind.most()) : usual;
    }

    /**
     * Something has come to its end, or its time is over.
     *
     * @param took if its time is over, as long as it was waited for
     */
    public void used(Deadline kind, String whom, Duration took, Duration allowed) {
        if (kind.isAdapted()) {
            times(kind).measured(whom, took);
        }
        if (kind == Deadline.GOSSIP) {
            times(kind).measured(ANYBODY, took);
        }
        if (kind.basis() == Deadline.GOSSIP && took.compareTo(allowed) < 0) {
            roundTrips.measured(whom, took);
        }
        watch.used(kind, took, allowed);
    }

    /** Begins to wait for something that depends on no single peer. */
    public Wait begin(Deadline kind, Duration usual) {
        return new Wait(kind, allowed(kind, ANYBODY, usual));
    }

    /**
     * The time that a message is given on its way there and back, besides what the other side waits for: between half of the usual and
     * three times as much, by how long small calls have taken.
     *
     * @param whom a peer, by address, or {@link #ANYBODY}
     */
    public Duration onTheWay(String whom, Duration usual) {
        return times(Deadline.GOSSIP).patience(whom, usual, LEAST_ON_THE_WAY, MOST_ON_THE_WAY);
    }

    /**
     * What the way to a peer and back hardly ever takes longer than, by the small calls that were answered.
     *
     * @param whom a peer, by address
     * @return zero, if nothing was measured
     */
    Duration roundTrip(String whom) {
        return roundTrips.hardlyMore(whom);
    }

    /** Something that is waited for. */
    public final class Wait {
        private final Deadline kind;
        private final Duration allowed;
        private final long beganAtNanos = scheduler.nanoTime();
        private boolean ended;

        private Wait(Deadline kind, Duration allowed) {
            this.kind = kind;
            this.allowed = allowed;
        }

        public Duration allowed() {
            return allowed;
        }

        /** It is here, or nobody waits for it any longer; the first call counts. */
        public void end() {
            if (!ended) {
                ended = true;
                used(kind, ANYBODY, Duration.ofNanos(scheduler.nanoTime() - beganAtNanos), allowed);
            }
        }
    }
}
