package org.starling.swarm.node;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.runtime.Scheduler;

/**
 * Gives up chains whose states have gone with those who had them; they must not keep the others waiting for ever. Confined to
 * the protocol thread.
 */
final class MissingStates {
    private static final Logger log = LoggerFactory.getLogger(MissingStates.class);
    private static final int LIFETIMES = 2;

    private final Ledger ledger;
    private final Predicate<EpochRecord> hasSources;
    private final Scheduler clock;
    private final Duration patience;
    private @Nullable Digest missing;
    private long sinceNanos;

    /**
     * @param hasSources whether somebody says that it has the state that a record led to
     * @param lifetime of what peers say of themselves
     */
    MissingStates(Ledger ledger, Predicate<EpochRecord> hasSources, Scheduler clock, Duration lifetime) {
        this.ledger = ledger;
        this.hasSources = hasSources;
        this.clock = clock;
        this.patience = lifetime.multipliedBy(LIFETIMES);
    }

    /** Nobody says that it has the target's state; after a while the records that lead there are set aside. */
    void notFound(Position mine, Position target) {
        long now = clock.nanoTime();
        if (missing == null || !missing.equals(target.state().digest())) {
            missing = target.state().digest();
            sinceNanos = now;
        } else if (now - sinceNanos >= patience.toNanos()) {
            List<Digest> lost = ledger.chainFrom(target.head(), Integer.MAX_VALUE).stream()
                    .takeWhile(record -> !record.id().equals(mine.head()) && !hasSources.test(record))
                    .map(EpochRecord::id)
                    .toList();
            if (!lost.isEmpty()) {
                log.warn("Nobody has the states of {} epochs up to {}; they are given up", lost.size(), target.state());
                ledger.setAside(lost);
            }
        }
    }
}
