package org.starling.swarm.membership;

import java.util.List;
import java.util.Optional;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.ContradictionMessage;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.OrderMessage;

/**
 * Epoch records, orders and contradictions, which travel with gossip and have an acceptance and a history of their own. Called on the
 * protocol thread.
 */
public interface Attachments {
    /** Takes in a record. Whether it has become final, so that it should be passed on. */
    boolean accept(EpochRecordMessage message);

    /** Takes in an order. Whether it was news and should be passed on. */
    boolean accept(OrderMessage message);

    /** Takes in a proof that somebody has contradicted itself. Whether it was news and should be passed on. */
    boolean accept(ContradictionMessage message);

    /** All of them that still matter. */
    List<ContradictionMessage> contradictions();

    /** Names whom this peer shuns for them; 0 if nobody. */
    long shunned();

    /** The number up to which this peer has every order. */
    long completeOrders();

    /**
     * Names the newest record of the chain that this peer follows, or that it knows of while it follows none; no bytes
     * before the first epoch.
     */
    byte[] head();

    List<OrderMessage> ordersAfter(long number);

    /**
     * Records that a peer with this head lacks, oldest first. If not all of them may be told, the newest: they say where
     * the swarm is, and what is between can be fetched.
     *
     * @param head no bytes before the first epoch
     * @param limit records at most
     * @param maxBytes of all of them together; one is told whatever its size
     * @return empty if the head is unknown here: that peer is ahead, or on a fork
     */
    Optional<List<EpochRecordMessage>> recordsAfter(byte[] head, int limit, int maxBytes);

    /** A peer that does not know this one's head has named its own. */
    void hasHead(Endpoint peer, byte[] head);
}
