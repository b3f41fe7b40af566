package org.starling.metrics.swarm;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.wire.proto.Gallery;

/** The swarm as one who watches it sees it. All methods may be called from any thread and return at once. */
public interface SwarmView {
    RunConfiguration run();

    /** Orders known when this peer joined. */
    List<SignedOrder> orders();

    NodeStatus status();

    /** Records from the given one backwards. */
    CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit);

    CompletableFuture<Gallery> fetchGallery(PeerId peer);
}
