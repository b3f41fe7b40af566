package org.starling.swarm.ledger;

import java.util.Comparator;

/**
 * Which of two heads counts: the later generation; then the chain with more committed samples; then the greater id, so
 * that everybody chooses the same. A pure function.
 */
public final class ForkChoice {
    /** The head that counts is the maximum. */
    public static final Comparator<EpochRecord> BY_WEIGHT = Comparator.comparingLong(EpochRecord::generation)
            .thenComparingLong(EpochRecord::totalSamples)
            .thenComparing(EpochRecord::id);

    private ForkChoice() {}
}
