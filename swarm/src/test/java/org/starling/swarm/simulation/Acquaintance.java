package org.starling.swarm.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.wire.Endpoint;

/**
 * Who can hear of whom: directly or through others, one has the address of a peer that runs and can be called. Whoever has lost
 * every such address cannot find the others again, whatever it does, before its owner names it a new one.
 */
final class Acquaintance {
    private final Map<SimulatedPeer, Set<SimulatedPeer>> neighbours = new LinkedHashMap<>();

    Acquaintance(List<SimulatedPeer> peers) {
        Map<String, SimulatedPeer> byAddress = new HashMap<>();
        for (SimulatedPeer peer : peers) {
            if (peer.isUp() && !peer.banned) {
                neighbours.put(peer, new HashSet<>());
                byAddress.put(peer.address(), peer);
            }
        }
        byAddress.remove("");
        for (SimulatedPeer peer : List.copyOf(neighbours.keySet())) {
            addresses(peer).map(byAddress::get).filter(Objects::nonNull).forEach(other -> {
                connect(peer, other);
                connect(other, peer);
            });
        }
    }

    private void connect(SimulatedPeer from, SimulatedPeer to) {
        neighbours.computeIfAbsent(from, peer -> new HashSet<>()).add(to);
    }

    private static Stream<String> addresses(SimulatedPeer peer) {
        SimulatedPeer.Life life = peer.life;
        if (life == null) {
            return Stream.of();
        }
        return Stream.of(
                        life.entryPoints.stream(),
                        life.node.addresses().stream(),
                        life.seen.peers().stream().map(PeerView::endpoint).flatMap(Optional::stream))
                .flatMap(addresses -> addresses)
                .map(Endpoint::address);
    }

    /** Those who can hear of any of some peers, these included. */
    Set<SimulatedPeer> of(Iterable<SimulatedPeer> some) {
        Set<SimulatedPeer> found = new HashSet<>();
        Deque<SimulatedPeer> waiting = new ArrayDeque<>();
        some.forEach(waiting::add);
        while (!waiting.isEmpty()) {
            SimulatedPeer peer = waiting.remove();
            if (found.add(peer)) {
                waiting.addAll(neighbours.getOrDefault(peer, Set.of()));
            }
        }
        return found;
    }
}
