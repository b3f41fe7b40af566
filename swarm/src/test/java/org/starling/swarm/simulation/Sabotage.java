package org.starling.swarm.simulation;

import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.Replica;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;

/** What a test breaks in sound peers, so that the invariants have something to find. */
interface Sabotage {
    Sabotage NONE = new Sabotage() {};

    /** The replica that a peer's node gets. */
    default Replica replica(SimulatedPeer peer, Replica sound) {
        return sound;
    }

    /** The training loop that a peer's node gets. */
    default GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
        return sound;
    }

    /** The network that a peer's node calls others by. */
    default Transport network(SimulatedPeer peer, Transport sound) {
        return sound;
    }

    /** How a peer answers the calls of others. */
    default RequestHandler answers(SimulatedPeer peer, RequestHandler sound) {
        return sound;
    }

    /** By what the peers go, where the invariants go by the scenario. */
    default AveragingSettings averaging(AveragingSettings sound) {
        return sound;
    }

    /** Does something to a node before it starts. */
    default void node(SimulatedPeer peer, SwarmNode sound) {}

    /** Whether the authority's orders reach anybody. */
    default boolean deliversOrders() {
        return true;
    }
}
