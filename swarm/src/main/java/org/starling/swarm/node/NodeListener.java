package org.starling.swarm.node;

import java.time.Duration;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.orders.SignedOrder;

/** Hears of what happens in the swarm. Called on the protocol thread: return quickly, hand work elsewhere. */
public interface NodeListener {
    /** A record has got its quorum of signatures. Not necessarily on the heaviest chain, nor in order. */
    default void recordBecameFinal(EpochRecord record) {}

    /** A peer has said something new about how far it is. */
    default void peerProgressed(PeerView peer) {}

    /** An order of the authority has been accepted. */
    default void ordered(SignedOrder order) {}

    /** Something that has a deadline has ended, or the deadline has passed. */
    default void deadlineUsed(Deadline deadline, Duration took, Duration allowed) {}

    /** This node's replica is at another state now. */
    default void replicaAdvanced(long generation, StateReference state) {}
}
