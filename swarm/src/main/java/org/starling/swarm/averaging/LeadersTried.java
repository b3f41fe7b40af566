package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.Scheduler;

/**
 * What this peer has come to know, over several meetings for one round, of those who could lead it: who has led badly, and since when
 * who refuses. Confined to the protocol thread.
 */
final class LeadersTried {
    private final Scheduler scheduler;
    private final Set<PeerId> ledBadly = new HashSet<>();
    private final Map<PeerId, Long> refusedSinceNanos = new HashMap<>();
    private @Nullable RoundKey round;

    LeadersTried(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Of another round nothing is held against anybody. */
    void begin(RoundKey next) {
        if (!next.equals(round)) {
            round = next;
            ledBadly.clear();
            refusedSinceNanos.clear();
        }
    }

    /** Who has handed out what no honest leader does. */
    Set<PeerId> ledBadly() {
        return ledBadly;
    }

    void ledBadly(PeerId leader) {
        ledBadly.add(leader);
    }

    /** A peer says that the round goes on without this one: whether it has not said so for longer than that. */
    boolean refusesSinceLessThan(PeerId leader, Duration time) {
        long now = scheduler.nanoTime();
        return now - refusedSinceNanos.computeIfAbsent(leader, peer -> now) < time.toNanos();
    }
}
