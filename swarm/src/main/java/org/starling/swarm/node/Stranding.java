package org.starling.swarm.node;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.runtime.Scheduler;

/**
 * Notices that this peer waits in vain. Peers that can only dial out cannot average without one that can be reached, nor give their
 * state to anybody. Where none is left they must go to where one is, as newcomers do, even if they are the most. Confined to the
 * protocol thread.
 */
final class Stranding {
    private static final Logger log = LoggerFactory.getLogger(Stranding.class);
    private static final int LIFETIMES = 2;

    private final boolean reachable;
    private final SwarmView view;
    private final Scheduler clock;
    private final Duration patience;
    private @Nullable RoundKey place;
    private long sinceNanos;
    private boolean stranded;

    /**
     * @param reachable whether others can call this peer
     * @param lifetime of what peers say of themselves
     */
    Stranding(boolean reachable, SwarmView view, Scheduler clock, Duration lifetime) {
        this.reachable = reachable;
        this.view = view;
        this.clock = clock;
        this.patience = lifetime.multipliedBy(LIFETIMES);
    }

    /** Looks who is in the round that this peer is in. */
    void look(RoundKey round) {
        long now = clock.nanoTime();
        if (reachable || !round.equals(place) || view.hasReachableCompanion(round)) {
            place = round;
            sinceNanos = now;
            stranded = false;
        } else if (!stranded && now - sinceNanos >= patience.toNanos()) {
            log.warn("Nobody who can be reached is in {}, and this peer can only dial out; it looks for others", round);
            stranded = true;
        }
    }

    boolean isStranded() {
        return stranded;
    }
}
