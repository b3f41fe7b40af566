package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.state.StateSnapshot;

/** Follows each peer from event to event: what it is told, what it says of itself, and whether that may be. */
final class PeerWatch {
    private static final Duration KEEP_PATIENCE = Duration.ofSeconds(30);

    private final World world;
    private final Map<String, Long> voids = new TreeMap<>();
    private @Nullable ViolationException failed;

    PeerWatch(World world) {
        this.world = world;
    }

    /** Listens to a peer from now on; a keeper keeps what it hears of. */
    void follow(SimulatedPeer peer, SimulatedPeer.Life life) {
        life.node.addListener(new Listener(peer, life));
    }

    /** @throws ViolationException if a peer has told of something that must not be */
    void requireNothingFailed() {
        if (failed != null) {
            throw failed;
        }
    }

    /** Why members' rounds were void, and how often. */
    Map<String, Long> voids() {
        return voids;
    }

    private final class Listener implements NodeListener {
        private final SimulatedPeer peer;
        private final SimulatedPeer.Life life;

        Listener(SimulatedPeer peer, SimulatedPeer.Life life) {
            this.peer = peer;
            this.life = life;
        }

        @Override
        public void recordBecameFinal(EpochRecord record) {
            if (!peer.isHonest()) {
                return;
            }
            if (world.network.isWhole()) {
                check(() -> world.invariants.nobodyBanned(record, world.peers, world.network.healed()));
            }
            if (world.chronicle.add(record)) {
                world.time.note(record.stateAfter().hashCode());
                life.node
                        .exportRecord(record.id())
                        .thenAccept(shown -> check(() -> world.invariants.recordBecameFinal(peer, record, shown)));
            }
            lookBefore(record);
            if (peer.group.role() == Role.KEEPER
                    && record.epoch() % world.scenario.run().keepEvery() == 0) {
                keep(record);
            }
        }

        /** Sees what a record followed from, which may be final with nobody (yet). */
        private void lookBefore(EpochRecord record) {
            if (record.epoch() > 1 && world.chronicle.find(record.parent()).isEmpty()) {
                life.node
                        .exportRecord(record.parent())
                        .thenAccept(known -> known.map(message -> EpochRecord.parse(message.getBody(), World.RUN))
                                .ifPresent(parent -> {
                                    world.chronicle.addFollowed(parent);
                                    lookBefore(parent);
                                }));
            }
        }

        private void keep(EpochRecord record) {
            StateReference state = record.stateReference();
            CompletableFuture<StateSnapshot> fetched = life.node.fetchState(state, KEEP_PATIENCE);
            world.waits.fetches(peer, life, fetched, KEEP_PATIENCE);
            fetched.thenAccept(snapshot -> life.node
                    .exportRecord(record.id())
                    .thenAccept(shown -> shown.ifPresent(message -> {
                        peer.disk.add(new SimulatedPeer.Kept(state, record.generation(), snapshot, message));
                        if (peer.disk.size() > 3) {
                            peer.disk.remove(0);
                        }
                        life.node.serve(state, snapshot);
                    })));
        }

        @Override
        public void replicaAdvanced(long newGeneration, StateReference state) {
            world.time.note(state.digest().hashCode());
            if (peer.isHonest()) {
                world.recorder.happened(peer.name, "is at epoch", state.epoch() + " of generation " + newGeneration);
                Inside.part(life.node, Ledger.class)
                        .findByState(newGeneration, state.epoch(), state.digest())
                        .ifPresent(world.chronicle::addFollowed);
                check(() -> world.invariants.replicaAdvanced(peer, life, state));
            }
        }

        /** What is thrown in here would be caught by the node's futures. */
        private void check(Runnable invariant) {
            try {
                invariant.run();
            } catch (ViolationException e) {
                failed = e;
            }
        }
    }

    /** Looks at a peer after each of its events. */
    void inspect(SimulatedPeer peer) {
        SimulatedPeer.Life life = peer.life;
        if (life == null) {
            return;
        }
        NodeStatus now = life.node.status();
        NodeStatus before = life.seen;
        if (now == before) {
            return;
        }
        life.seen = now;
        if (peer.isHonest()) {
            world.invariants.statusChanged(peer, before, now, this::isHeld);
            lookWhereItGoes(peer, life, before, now);
        }
        if (now.roundsVoid() > before.roundsVoid()) {
            voids.merge(VoidReason.of(now.explanation()), 1L, Long::sum);
        }
        if (now.phase() != life.phase) {
            if (life.phase != Phase.ACCUMULATING) {
                world.recorder.measure("phase " + life.phase, (world.time.nowNanos() - life.phaseSinceNanos) / 1e9);
            }
            world.recorder.happened(peer.name, now.phase().toString(), now.explanation());
            life.phase = now.phase();
            life.phaseSinceNanos = world.time.nowNanos();
        }
    }

    private void lookWhereItGoes(SimulatedPeer peer, SimulatedPeer.Life life, NodeStatus before, NodeStatus now) {
        if (now.phase() == Phase.CATCHING_UP && before.phase() != Phase.CATCHING_UP && peer.isTrainer()) {
            life.standpoint = Standpoint.of(peer, now, Inside.part(life.node, Ledger.class));
        } else if (life.standpoint != null && now.phase() != Phase.CATCHING_UP) {
            Standpoint chosen = life.standpoint;
            life.standpoint = null;
            if (!now.headId().equals(before.headId())) {
                world.chronicle.find(now.headId()).ifPresent(head -> world.invariants.chainLeft(peer, chosen, head));
            }
        }
    }

    private boolean isHeld(Digest state) {
        return world.network.isWhole()
                && world.peers.stream()
                        .anyMatch(p -> p.life != null
                                && p.reachable
                                && p.life.seen
                                        .state()
                                        .filter(s -> s.digest().equals(state))
                                        .isPresent());
    }
}
