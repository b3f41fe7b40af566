package org.starling.checkpoint.keeper;

import org.jspecify.annotations.Nullable;
import org.starling.swarm.ledger.EpochRecord;

/**
 * When a checkpoint is due: for the first epoch committed since the start, then every few epochs, and for the first epoch
 * of another generation or of a fork that has turned out lighter in epochs. Used by one thread.
 */
final class Schedule {
    private final int everyEpochs;
    private @Nullable EpochRecord last;

    Schedule(int everyEpochs) {
        this.everyEpochs = everyEpochs;
    }

    boolean isDue(EpochRecord head) {
        return last == null
                || head.generation() != last.generation()
                || head.epoch() < last.epoch()
                || head.epoch() >= last.epoch() + everyEpochs;
    }

    void saved(EpochRecord head) {
        last = head;
    }
}
