package org.starling.swarm.node;

import java.util.List;
import java.util.Optional;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;

/**
 * What a node knows at one moment.
 *
 * @param phase what it is doing
 * @param explanation the same in a sentence: what it waits for, and why it is not averaging if it is not
 * @param generation of the run
 * @param state of the replica; empty for a node without one
 * @param head newest record of the heaviest chain; empty before the first epoch
 * @param headId what the next record will name as its parent
 * @param peers the others that are alive
 * @param swarmSamples estimate of the samples of all peers towards the next epoch
 * @param roundsCommitted rounds that this node took part in and that were committed
 * @param roundsVoid rounds that this node took part in and that were void
 * @param samplesLost samples that this node's trainer computed and that were never averaged
 * @param newestOrder number of the newest order obeyed; 0 if there is none
 */
public record NodeStatus(
        Phase phase,
        String explanation,
        long generation,
        Optional<StateReference> state,
        Optional<EpochRecord> head,
        Digest headId,
        List<PeerView> peers,
        long swarmSamples,
        long roundsCommitted,
        long roundsVoid,
        long samplesLost,
        long newestOrder) {
    /** What a node is doing. */
    public enum Phase {
        /** Looking for other peers before doing anything. */
        STARTING,
        /** Computing gradients, or following those who do. */
        ACCUMULATING,
        /** Meeting the others of its epoch. */
        MEETING,
        /** Exchanging gradients. */
        AVERAGING,
        /** Taking the optimizer step. */
        STEPPING,
        /** Downloading the swarm's state. */
        CATCHING_UP,
        STOPPED
    }
}
