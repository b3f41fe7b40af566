package org.starling.swarm.node;

import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;

/**
 * Where a replica stands in the history of the run.
 *
 * @param head id of the newest record that led here, or the origin of the generation
 */
record Position(long generation, StateReference state, Digest head) {
    static Position after(EpochRecord record) {
        return new Position(record.generation(), record.stateReference(), record.id());
    }

    RoundKey roundKey() {
        return new RoundKey(generation, state.epoch(), state.digest(), head);
    }

    /** Whether the record is of a chain that outweighs the one that led here. */
    boolean isOutweighedBy(EpochRecord record) {
        if (record.generation() != generation) {
            return record.generation() > generation;
        }
        if (record.totalSamples() != state.samples()) {
            return record.totalSamples() > state.samples();
        }
        return record.id().compareTo(head) > 0;
    }
}
