package org.starling.metrics.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An epoch for the curve.
 *
 * @param onChain whether it counts; false for lighter forks and for what a rollback has undone
 * @param samples of this epoch
 * @param totalSamples of its chain up to and with it
 * @param members of the group
 * @param trainingLoss mean over the members that told; null while none has
 * @param validationLoss null where nobody has evaluated
 */
public record EpochPoint(
        String record,
        long generation,
        long epoch,
        boolean onChain,
        Instant at,
        long samples,
        long totalSamples,
        String stateDigest,
        long members,
        @Nullable Double trainingLoss,
        @Nullable Double validationLoss) {}
