package org.starling.swarm.node;

import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;

/**
 * Where a replica stands in the history of the run.
 *
 * @param head id of the newest record that led here, or the origin of the generation
 * @param subgroupsLog2 into how many subgroups, as a power of two, the next round is divided
 */
record Position(long generation, StateReference state, Digest head, int subgroupsLog2) {
    /** Where a generation begins. */
    static Position origin(long generation, StateReference state, Digest origin) {
        return new Position(generation, state, origin, 0);
    }

    static Position after(EpochRecord record) {
        return new Position(record.generation(), record.stateReference(), record.id(), record.nextSubgroupsLog2());
    }

    RoundKey roundKey() {
        return new RoundKey(generation, state.epoch(), state.digest(), head);
    }
}
