package org.starling.checkpoint.archive;

import java.util.OptionalDouble;
import org.starling.swarm.ledger.EpochRecord;

/**
 * A checkpoint that is on disk.
 *
 * @param folder name of its folder in the archive
 * @param bytes of all its files
 * @param loss validation loss known when it was written, nats per target token
 */
public record StoredCheckpoint(String folder, EpochRecord record, long bytes, OptionalDouble loss) {}
