package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.virtual.VirtualNetwork.Unanswered;

/**
 * Looks whether somebody waits for something that cannot happen: a phase of a trainer, a call, or a future in a peer's program that
 * lasts longer than {@link WaitLimits} says.
 */
final class Waits {
    private final World world;
    private final WaitLimits limits;
    private final Map<CompletableFuture<?>, Wait> promised = new LinkedHashMap<>();
    private final Map<SimulatedPeer.Life, Map<CompletableFuture<?>, Wait>> kept = new IdentityHashMap<>();
    /** When trainers were last seen that are right to wait. */
    private final Map<SimulatedPeer.Life, Long> excusedNanos = new IdentityHashMap<>();

    private record Wait(SimulatedPeer peer, SimulatedPeer.Life life, String what, long sinceNanos, Duration limit) {}

    Waits(World world) {
        this.world = world;
        this.limits = new WaitLimits(world.scenario.run());
    }

    /** A peer's program has promised a state to somebody who waits so long for it. */
    void fetches(SimulatedPeer peer, SimulatedPeer.Life life, CompletableFuture<?> state, Duration patience) {
        promised.put(state, new Wait(peer, life, "a state", world.time.nowNanos(), limits.ofFetch(patience)));
    }

    /** Looks at everybody. */
    void look() {
        for (SimulatedPeer peer : world.peers) {
            SimulatedPeer.Life life = peer.life;
            if (life == null) {
                continue;
            }
            for (Unanswered call : life.host.unanswered()) {
                require(peer, call.toString(), call.age(), limits.ofCall(call.method()));
            }
            if (peer.isHealthy() && peer.isTrainer()) {
                lookAtPhase(peer, life);
            }
        }
        kept.keySet().removeIf(ended -> ended.scheduler.isStopped());
        excusedNanos.keySet().removeIf(ended -> ended.scheduler.isStopped());
        promised.entrySet()
                .removeIf(entry -> entry.getKey().isDone()
                        || entry.getValue().life().scheduler.isStopped());
        promised.values().forEach(this::require);
    }

    private void lookAtPhase(SimulatedPeer peer, SimulatedPeer.Life life) {
        long now = world.time.nowNanos();
        if (peer.token == null || !life.scheduler.instant().isBefore(peer.token.expiresAt())) {
            // it goes on when it has a new token
            excusedNanos.put(life, now);
        }
        long since = Math.max(life.phaseSinceNanos, excusedNanos.getOrDefault(life, 0L));
        require(peer, "being " + life.phase, Duration.ofNanos(now - since), limits.ofPhase(life.phase, peer.speed));
    }

    /** Looks into the program of one. */
    void lookInto(SimulatedPeer peer, SimulatedPeer.Life life, Tables program) {
        Map<CompletableFuture<?>, Wait> before = kept.getOrDefault(life, Map.of());
        Map<CompletableFuture<?>, Wait> now = new LinkedHashMap<>();
        program.open()
                .forEach((future, field) -> now.put(
                        future,
                        before.getOrDefault(
                                future, new Wait(peer, life, field, world.time.nowNanos(), limits.ofFuture(field)))));
        kept.put(life, now);
        now.values().forEach(this::require);
    }

    private void require(Wait wait) {
        require(wait.peer(), wait.what(), Duration.ofNanos(world.time.nowNanos() - wait.sinceNanos()), wait.limit());
    }

    private static void require(SimulatedPeer peer, String what, Duration lasted, Duration limit) {
        if (lasted.compareTo(limit) > 0) {
            throw new ViolationException(
                    "nobody waits for ever",
                    peer + " waits for the end of " + what + " for " + lasted.toSeconds() + " s, where "
                            + limit.toSeconds() + " s are the most: "
                            + peer.status().map(NodeStatus::explanation).orElse(""),
                    List.of(peer));
        }
    }
}
