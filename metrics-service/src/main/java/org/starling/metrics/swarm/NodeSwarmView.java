package org.starling.metrics.swarm;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.stereotype.Component;
import org.starling.spring.SwarmMembership;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.wire.proto.Gallery;

/** The swarm through this service's own peer. */
@Component
@ConditionalOnBooleanProperty(name = "starling.peer.enabled", matchIfMissing = true)
final class NodeSwarmView implements SwarmView {
    private final SwarmNode node;
    private final SwarmMembership membership;

    NodeSwarmView(SwarmNode node, SwarmMembership membership) {
        this.node = node;
        this.membership = membership;
    }

    @Override
    public RunConfiguration run() {
        return node.configuration();
    }

    @Override
    public List<SignedOrder> orders() {
        return membership.orders();
    }

    @Override
    public NodeStatus status() {
        return node.status();
    }

    @Override
    public CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit) {
        return node.fetchHistory(from, limit);
    }

    @Override
    public CompletableFuture<Gallery> fetchGallery(PeerId peer) {
        return node.fetchGallery(peer);
    }
}
