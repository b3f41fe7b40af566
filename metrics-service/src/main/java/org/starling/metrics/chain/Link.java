package org.starling.metrics.chain;

import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;

/**
 * An epoch record as far as the order of records goes.
 *
 * @param id of the record
 * @param totalSamples of its chain up to and with it
 */
public record Link(
        Digest id,
        long generation,
        long epoch,
        Digest parent,
        long samples,
        long totalSamples,
        Digest stateBefore,
        Digest stateAfter) {
    public static Link of(EpochRecord record) {
        return new Link(
                record.id(),
                record.generation(),
                record.epoch(),
                record.parent(),
                record.samples(),
                record.totalSamples(),
                record.stateBefore(),
                record.stateAfter());
    }
}
