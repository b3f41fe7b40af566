package org.starling.swarm.membership;

import java.time.Duration;
import org.starling.swarm.runtime.Scheduler;

/**
 * When a peer compares its whole table with others', and how far it has come: page after page, each from somebody else. A page
 * that does not come soon is asked for again, elsewhere; where pages come late, they are waited for longer. Confined to the
 * protocol thread.
 */
final class Comparisons {
    /** Between two comparisons, for each statement in the table. */
    private static final Duration PER_STATEMENT = Duration.ofMillis(50);

    /** Two tables of which more than one statement in so many differs: one of the two peers knows little yet. */
    private static final int STATEMENTS_PER_DIFFERENCE = 16;

    /** So often it is tried with somebody else at once; in a large swarm the next time comes after minutes. */
    private static final int INCONCLUSIVE = 3;

    private static final int MAX_PATIENCE = 4;

    private final Scheduler clock;
    private final Duration longestPatience;
    private Duration patience;
    private boolean waiting;
    private long pages;
    private long askedNanos;
    private long dueNanos;
    private int differences;
    /** Statements that were new since the page was asked for, also of pages that came too late. */
    private int takenSinceAsked;

    private int inconclusive;

    /**
     * @param patience how long a page is waited for at first, and four times as long at most; what comes later is taken in, and no
     *     more is asked for after it
     */
    Comparisons(Scheduler clock, Duration patience) {
        this.clock = clock;
        this.patience = patience;
        this.longestPatience = patience.multipliedBy(MAX_PATIENCE);
        this.dueNanos = clock.nanoTime();
    }

    /** Whether a page may still come. */
    boolean isWaiting() {
        return waiting && clock.nanoTime() - askedNanos < patience.toNanos();
    }

    /** Whether it is time to ask somebody. */
    boolean isDue() {
        return !isWaiting() && clock.nanoTime() - dueNanos >= 0;
    }

    /** How long the page that is asked for next is waited for. */
    Duration patience() {
        return patience;
    }

    /** Whether this page is the one that is waited for, and has been for too long. */
    boolean isLate(long page) {
        return page == pages && waiting && !isWaiting();
    }

    /** Somebody is asked for a page. Returns its number. */
    long ask() {
        waiting = true;
        takenSinceAsked = 0;
        askedNanos = clock.nanoTime();
        return ++pages;
    }

    /** A page will not come. */
    void failed(long page) {
        waiting &= page != pages;
    }

    /**
     * A page has come.
     *
     * @param taken statements that were new here
     * @param wanted statements that are new there
     * @param more whether there is more that was not named to the other side
     * @param statements in the table now
     * @return whether to ask for the next page
     */
    boolean answered(long page, int taken, int wanted, boolean more, int statements) {
        differences += taken + wanted;
        takenSinceAsked += taken;
        if (page != pages) {
            // the line is slow; whoever is dead does not answer at all
            Duration longer = patience.multipliedBy(2);
            patience = longer.compareTo(longestPatience) < 0 ? longer : longestPatience;
            return false;
        }
        waiting = false;
        // what this page tells may have come with a late one, which was asked for with the same names
        if (more && takenSinceAsked > 0) {
            return true;
        }
        boolean conclusive = (long) differences * STATEMENTS_PER_DIFFERENCE <= statements;
        differences = 0;
        if (conclusive || ++inconclusive > INCONCLUSIVE) {
            inconclusive = 0;
            dueNanos = clock.nanoTime() + PER_STATEMENT.multipliedBy(statements).toNanos();
        }
        return false;
    }
}
