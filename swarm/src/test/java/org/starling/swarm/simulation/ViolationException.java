package org.starling.swarm.simulation;

import java.util.List;

/** An invariant does not hold; the simulation ends here. */
final class ViolationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String invariant;
    private final transient List<SimulatedPeer> peers;

    ViolationException(String invariant, String what, List<SimulatedPeer> peers) {
        super(what);
        this.invariant = invariant;
        this.peers = List.copyOf(peers);
    }

    String invariant() {
        return invariant;
    }

    List<SimulatedPeer> peers() {
        return peers;
    }
}
