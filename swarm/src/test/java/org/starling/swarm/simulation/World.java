package org.starling.swarm.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.virtual.VirtualNetwork;
import org.starling.swarm.virtual.VirtualTime;

/** What the parts of one run have in common. */
final class World {
    static final String RUN = "simulated/run";

    final Scenario scenario;
    final Simulation.Options options;
    final SplittableRandom random;
    final VirtualTime time = new VirtualTime();
    final Recorder recorder;
    final Chronicle chronicle = new Chronicle();
    final Invariants invariants;
    final VirtualNetwork network;
    final Waits waits;
    final Liars liars = new Liars();
    final List<SimulatedPeer> peers = new ArrayList<>();
    private final Set<Digest> forged = new HashSet<>();
    private boolean isCalm;
    private boolean hasAgreed;

    World(Scenario scenario, Simulation.Options options) {
        this.scenario = scenario;
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        this.recorder = new Recorder(time, options.peers());
        this.invariants = new Invariants(
                scenario.run().averaging(),
                RUN,
                chronicle,
                new Weights(scenario.run().averaging(), scenario.run().targetBatchSize()),
                this::isMadeUp,
                this::isUndisturbed);
        this.network = new VirtualNetwork(time, random.split(), scenario.network(), recorder);
        this.waits = new Waits(this);
        if (scenario.groups().stream().anyMatch(group -> group.lie() != null)) {
            network.inject(liars);
        }
    }

    /** Has something happen that no peer does. */
    void at(long delayNanos, Runnable task) {
        time.at(delayNanos, VirtualTime.NOBODY, task);
    }

    /** The last fault is over. */
    void becomeCalm() {
        isCalm = true;
    }

    boolean isCalm() {
        return isCalm;
    }

    /** Everybody has agreed since it is calm. */
    void agreed() {
        hasAgreed = true;
    }

    /** A liar has made up a record with this id. */
    void forged(Digest record) {
        forged.add(record);
    }

    private boolean isUndisturbed() {
        boolean churns = scenario.groups().stream().anyMatch(group -> group.churn() != null);
        return hasAgreed || !churns && scenario.faults().isEmpty();
    }

    private boolean isMadeUp(EpochRecord record) {
        return forged.contains(record.id())
                || record.members().stream().noneMatch(member -> tellsWhatItDid(member.peer()));
    }

    private boolean tellsWhatItDid(PeerId id) {
        return peers.stream()
                .filter(SimulatedPeer::tellsWhatItDid)
                .flatMap(peer -> peer.identities().stream())
                .anyMatch(identity -> identity.id().equals(id));
    }
}
