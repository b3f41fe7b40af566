package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.Optional;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.ProbeMessage;
import org.starling.swarm.wire.proto.ProbeReply;

/**
 * Answers peers that measure their lines ({@link BandwidthProbe}): one at a time, for a little while, and none while there is
 * something else to do. Confined to the protocol thread.
 */
public final class ProbeGuest {
    /** A message on a line that is barely worth measuring. */
    private static final Duration TURN = Duration.ofSeconds(15);

    private final Scheduler scheduler;
    private Optional<PeerId> guest = Optional.empty();
    private long untilNanos;

    public ProbeGuest(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /**
     * Answers at once.
     *
     * @param busy whether this peer needs its line itself
     * @throws RefusalException if it does, or if it is another's turn
     */
    public ProbeReply answer(PeerId caller, ProbeMessage message, boolean busy) {
        if (message.getFilling().size() > BandwidthProbe.LAST_BYTES) {
            throw new RefusalException(Reason.MALFORMED, "Nobody needs so much to measure a line");
        }
        if (busy) {
            throw new RefusalException(Reason.BUSY, "This peer averages, and needs its line itself");
        }
        long now = scheduler.nanoTime();
        boolean over = guest.isEmpty() || now - untilNanos >= 0;
        if (!over && !guest.get().equals(caller)) {
            throw new RefusalException(Reason.BUSY, "Another peer measures its line here");
        }
        if (over) {
            guest = Optional.of(caller);
            untilNanos = now + TURN.toNanos();
        }
        if (message.getFilling().size() == BandwidthProbe.LAST_BYTES) {
            // it has measured
            guest = Optional.empty();
        }
        return ProbeReply.getDefaultInstance();
    }
}
