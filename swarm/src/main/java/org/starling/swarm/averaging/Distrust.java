package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;

/**
 * Reducers that have held a round up, or have averaged without this peer's gradient although they had it. Nobody else can know that, so
 * it is this peer's own affair: for a while it gives them nothing to reduce where it leads, as long as there is somebody else. A member
 * that went past the reducer which the others trust would be missing there, and the others with it.
 * Confined to the protocol thread.
 */
public final class Distrust {
    /** As long as others are shunned for what is proven. */
    static final Duration TERM = Duration.ofMinutes(10);

    private static final Logger log = LoggerFactory.getLogger(Distrust.class);
    private static final int MAX_PEERS = 1024;

    private final Scheduler scheduler;
    /** When somebody has left this peer out last. */
    private final Map<PeerId, Long> lastAtNanos = BoundedMaps.ofNewest(MAX_PEERS);

    private final Map<PeerId, Long> distrustedAtNanos = BoundedMaps.ofNewest(MAX_PEERS);

    public Distrust(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    boolean isDistrusted(PeerId peer) {
        Long since = distrustedAtNanos.get(peer);
        return since != null && isWithin(TERM, since);
    }

    /**
     * Somebody has averaged without this peer's gradient when others had it.
     *
     * @param excused whether it has said why; once that may be, for a line may have been cut, but not again soon
     */
    void leftOut(PeerId by, boolean excused) {
        Long last = lastAtNanos.put(by, scheduler.nanoTime());
        if (!excused || last != null && isWithin(TERM.multipliedBy(2), last)) {
            log.info(
                    "{} has left this peer's gradient out; for {} it does not reduce where this peer leads",
                    by.abbreviated(),
                    TERM);
            distrustedAtNanos.put(by, scheduler.nanoTime());
        }
    }

    /** Somebody has given no part for as long as anything honest could keep it from that. */
    void holdsUp(PeerId peer) {
        distrustedAtNanos.put(peer, scheduler.nanoTime());
    }

    private boolean isWithin(Duration time, long since) {
        return scheduler.nanoTime() - since < time.toNanos();
    }
}
