package org.starling.checkpoint.archive;

import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/**
 * A checkpoint read back, its state verified against the record.
 *
 * @param message the record with its signatures, to be adopted
 */
public record LoadedCheckpoint(EpochRecord record, EpochRecordMessage message, StateSnapshot state) {}
