package org.starling.metrics.chain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;

/**
 * Which records lead to the head: the heaviest chain, across generations. The first record of a generation names no record
 * as its parent; it follows from the one that led to the state that the rollback chose. Those that count are one record for
 * each epoch, without a gap, from the oldest that is known up to the head. A pure function, which looks only at what has
 * changed, so that a run may last for years.
 */
public final class Chain {
    /** Records that one step lets join; a longer way is gone in several, each in bounded memory. */
    public static final int STEP = 1000;

    private Chain() {}

    /** All records that are known, and which of them count. */
    public interface Links {
        Optional<Link> find(Digest id);

        /** The heaviest record of an earlier generation that led to a state. */
        Optional<Link> leadingTo(Digest state, long beforeGeneration);

        /** By generation, total samples and id, the same as the swarm's fork choice. */
        Optional<Link> heaviest();

        /** The newest generation that the authority has ordered, and the state that it began with. */
        Optional<Origin> origin();

        /** The record of an epoch that counts. */
        Optional<Link> counting(long epoch);

        /** Of those that count, the one of the lowest epoch. */
        Optional<Link> oldestCounting();
    }

    /** Where a generation began. */
    public record Origin(long generation, StateReference state) {}

    /**
     * What counts from now on and what no longer does.
     *
     * @param kept what counted beyond this epoch does no longer
     * @param joined what counts now
     * @param missing the id of a record that the chain needs and that is not known
     * @param more whether this was but one step
     */
    public record Change(long kept, List<Link> joined, Optional<Digest> missing, boolean more) {}

    /** Finds out which records count now. Takes time in proportion to what has changed. */
    public static Change settle(Links links) {
        List<Link> joined = new ArrayList<>();
        Optional<Link> next = head(links);
        while (next.isPresent() && !counts(next.get(), links) && joined.size() < STEP) {
            joined.add(next.get());
            next = predecessor(next.get(), links);
        }
        long kept = 0;
        Optional<Link> oldest = joined.isEmpty() ? Optional.empty() : Optional.of(joined.get(joined.size() - 1));
        if (next.isPresent() && counts(next.get(), links)) {
            kept = next.get().epoch();
            oldest = links.oldestCounting();
            next = oldest.flatMap(link -> predecessor(link, links));
            while (next.isPresent() && joined.size() < STEP) {
                joined.add(next.get());
                oldest = next;
                next = predecessor(next.get(), links);
            }
        }
        Optional<Digest> missing = next.isPresent()
                ? Optional.empty()
                : oldest.filter(link -> link.epoch() > 1).map(Link::parent);
        return new Change(kept, joined, missing, next.isPresent());
    }

    /** Newest record that counts; after a rollback, and before the new generation's first epoch, the one it went back to. */
    private static Optional<Link> head(Links links) {
        Optional<Link> heaviest = links.heaviest();
        Optional<Origin> origin = links.origin();
        if (origin.isEmpty()
                || heaviest.filter(link -> link.generation() >= origin.get().generation())
                        .isPresent()) {
            return heaviest;
        }
        return links.leadingTo(origin.get().state().digest(), origin.get().generation());
    }

    private static boolean counts(Link link, Links links) {
        return links.counting(link.epoch()).filter(link::equals).isPresent();
    }

    private static Optional<Link> predecessor(Link link, Links links) {
        return links.find(link.parent())
                .or(() -> links.leadingTo(link.stateBefore(), link.generation()))
                .filter(before -> before.epoch() == link.epoch() - 1
                        && before.totalSamples() == link.totalSamples() - link.samples());
    }
}
