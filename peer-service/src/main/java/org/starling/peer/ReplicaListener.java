package org.starling.peer;

import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeListener;

/** Shows what this peer's own replica has learned. */
final class ReplicaListener implements NodeListener {
    private final TrainingReplica replica;
    private final Showcase showcase;

    ReplicaListener(TrainingReplica replica, Showcase showcase) {
        this.replica = replica;
        this.showcase = showcase;
    }

    @Override
    public void replicaAdvanced(long generation, StateReference state) {
        showcase.show(new Model(generation, state.epoch(), state.samples(), replica.parameters()));
    }
}
