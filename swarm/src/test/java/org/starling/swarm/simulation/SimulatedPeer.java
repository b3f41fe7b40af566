package org.starling.swarm.simulation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.testing.ToyGradients;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.virtual.VirtualNetwork;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/** One volunteer's machine: what stays the same from one start of the program to the next. */
final class SimulatedPeer {
    final int index;
    final String name;
    final PeerGroup group;
    final RandomGenerator random;
    final boolean reachable;
    final double speed;
    final double upload;
    final double download;
    final double slowness;
    final long offsetNanos;
    final float target;
    PeerIdentity identity;
    String account;

    @Nullable AccessToken token;

    final List<Kept> disk = new ArrayList<>();
    /** Where others have answered; on the disk as well. */
    List<Endpoint> addresses = List.of();

    @Nullable Life life;

    boolean banned;

    @Nullable Instant bannedAt;

    boolean away;
    /** Calls that it takes at once. */
    int queue = VirtualNetwork.MAX_PENDING;

    boolean newDisk;
    private final List<PeerIdentity> identities = new ArrayList<>();

    // account of the lives that have ended
    final List<Ended> ended = new ArrayList<>();

    /** What a keeper has on its disk. */
    record Kept(StateReference state, long generation, StateSnapshot snapshot, EpochRecordMessage record) {}

    /**
     * Samples of a life that has ended.
     *
     * @param handedOut in the latest gradient that was averaged, or was to be
     */
    record Ended(long computed, long pending, long lost, long handedOut) {}

    /** The program while it runs. */
    static final class Life {
        final VirtualNetwork.Host host;
        final VirtualScheduler scheduler;
        final SwarmNode node;
        final @Nullable ToyReplica replica;
        final @Nullable ToyGradients trainer;
        final long startedAtNanos;
        /** Addresses that its owner has named to it. */
        final List<Endpoint> entryPoints;

        NodeStatus seen;
        NodeStatus.Phase phase;
        long phaseSinceNanos;
        /** What it knew when it began to go elsewhere. */
        @Nullable Standpoint standpoint;

        boolean knowsAll;
        boolean knownToAll;
        /** The view that was looked through last. */
        @Nullable List<PeerView> looked;

        /** How many of a sample of the others have known this peer. */
        int asked;
        /** The view of the next one when it was asked last. */
        @Nullable List<PeerView> askedView;

        Life(
                VirtualNetwork.Host host,
                VirtualScheduler scheduler,
                SwarmNode node,
                @Nullable ToyReplica replica,
                @Nullable ToyGradients trainer,
                List<Endpoint> entryPoints,
                long nowNanos) {
            this.host = host;
            this.scheduler = scheduler;
            this.node = node;
            this.replica = replica;
            this.trainer = trainer;
            this.entryPoints = entryPoints;
            this.startedAtNanos = nowNanos;
            this.seen = node.status();
            this.phase = seen.phase();
            this.phaseSinceNanos = nowNanos;
        }

        Ended end() {
            return new Ended(
                    trainer == null ? 0 : trainer.computed(),
                    trainer == null ? 0 : trainer.samples(),
                    seen.samplesLost(),
                    trainer == null ? 0 : trainer.handedOut());
        }
    }

    SimulatedPeer(int index, PeerGroup group, int numberInGroup, RandomGenerator random) {
        this.index = index;
        this.name = group.name() + "-" + numberInGroup;
        this.group = group;
        this.random = random;
        this.reachable = group.role() != Role.TRAINER || random.nextDouble() < group.reachable();
        this.speed = draw(group.speed());
        this.upload = draw(group.upload());
        this.download = draw(group.download());
        this.slowness = draw(group.slowness());
        this.offsetNanos = (long) (draw(group.clockOffset()) * 1e9);
        this.target = random.nextInt(100);
        this.account = name;
        this.identity = newIdentity();
    }

    double draw(Scenario.Range range) {
        return range.min() + random.nextDouble() * (range.max() - range.min());
    }

    private PeerIdentity newIdentity() {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        PeerIdentity fresh = PeerIdentity.ofSeed(seed);
        identities.add(fresh);
        return fresh;
    }

    /** All that the peer has ever had; the last one is its own now. */
    List<PeerIdentity> identities() {
        return identities;
    }

    /** A new disk in the same machine, of the same person. */
    void loseDisk() {
        identity = newIdentity();
        token = null;
        disk.clear();
        addresses = List.of();
    }

    /** Samples, over all its lives. */
    long computed() {
        long before = ended.stream().mapToLong(Ended::computed).sum();
        return before + (life == null ? 0 : life.end().computed());
    }

    String address() {
        return reachable ? "peer" + index + ":7000" : "";
    }

    boolean isUp() {
        return life != null;
    }

    boolean isTrainer() {
        return group.role() == Role.TRAINER;
    }

    boolean isHonest() {
        return group.lie() == null;
    }

    /**
     * The records of its rounds say what it computed, whatever else it lies about. Who claims what the run allows cannot be told
     * from a fast peer.
     */
    boolean tellsWhatItDid() {
        return group.lie() != Scenario.Lie.WEIGHT;
    }

    /** Honest, running and allowed to: those whom the invariants protect. */
    boolean isHealthy() {
        return isHonest() && isUp() && !banned;
    }

    Optional<NodeStatus> status() {
        Life mine = life;
        return mine == null ? Optional.empty() : Optional.of(mine.node.status());
    }

    @Override
    public String toString() {
        return name;
    }
}
