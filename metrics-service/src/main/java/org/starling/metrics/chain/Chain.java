package org.starling.metrics.chain;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;

/**
 * All records that are known, and which of them lead to the head: the heaviest chain, across generations. The first record
 * of a generation names no record as its parent; it follows from the one that led to the state that the rollback chose.
 * Confined to one thread.
 */
public final class Chain {
    /** The same as the swarm's fork choice. */
    private static final Comparator<Link> BY_WEIGHT = Comparator.comparingLong(Link::generation)
            .thenComparingLong(Link::totalSamples)
            .thenComparing(Link::id);

    private final Map<Digest, Link> links = new HashMap<>();
    private final Map<Digest, Link> byState = new HashMap<>();
    private Set<Digest> current = new HashSet<>();
    private @Nullable Link heaviest;
    private @Nullable Digest missing;
    private long generation;
    private @Nullable StateReference origin;

    /**
     * What counts from now on and what no longer does.
     *
     * @param joined ids of records that have come onto the chain
     * @param left ids of records that have left it
     */
    public record Change(Set<Digest> joined, Set<Digest> left) {}

    public boolean contains(Digest id) {
        return links.containsKey(id);
    }

    /** Takes in a record; nothing changes before {@link #settle}. */
    public void add(Link link) {
        if (links.putIfAbsent(link.id(), link) != null) {
            return;
        }
        byState.merge(link.stateAfter(), link, (one, other) -> BY_WEIGHT.compare(one, other) >= 0 ? one : other);
        if (heaviest == null || BY_WEIGHT.compare(link, heaviest) > 0) {
            heaviest = link;
        }
    }

    /** The authority has taken the swarm back to a state; a new generation begins with it. */
    public void rollback(long newGeneration, StateReference state) {
        if (newGeneration > generation) {
            generation = newGeneration;
            origin = state;
        }
    }

    /** Finds out which records count now. Takes time in proportion to their number only when the chain has turned. */
    public Change settle() {
        Optional<Link> head = head();
        if (head.isPresent() && missing == null && !current.isEmpty()) {
            Optional<Link> before = predecessor(head.get());
            if (before.isPresent()
                    && current.contains(before.get().id())
                    && !current.contains(head.get().id())
                    && current.size() == before.get().epoch()) {
                current.add(head.get().id());
                return new Change(Set.of(head.get().id()), Set.of());
            }
        }
        Set<Digest> now = new HashSet<>();
        missing = null;
        for (Optional<Link> link = head; link.isPresent() && now.add(link.get().id()); ) {
            Optional<Link> before = predecessor(link.get());
            if (before.isEmpty() && link.get().epoch() > 1) {
                missing = link.get().parent();
            }
            link = before;
        }
        Set<Digest> joined = new HashSet<>(now);
        joined.removeAll(current);
        Set<Digest> left = new HashSet<>(current);
        left.removeAll(now);
        current = now;
        return new Change(joined, left);
    }

    /** Newest record that counts; after a rollback, and before the new generation's first epoch, the one it went back to. */
    public Optional<Link> head() {
        if (heaviest != null && heaviest.generation() >= generation) {
            return Optional.of(heaviest);
        }
        return origin == null ? Optional.empty() : Optional.ofNullable(byState.get(origin.digest()));
    }

    /** The id of a record that the chain needs and that is not known. */
    public Optional<Digest> missing() {
        return Optional.ofNullable(missing);
    }

    private Optional<Link> predecessor(Link link) {
        Link parent = links.get(link.parent());
        if (parent != null) {
            return Optional.of(parent);
        }
        Link led = byState.get(link.stateBefore());
        return led != null
                        && led.generation() < link.generation()
                        && led.epoch() == link.epoch() - 1
                        && led.totalSamples() == link.totalSamples() - link.samples()
                ? Optional.of(led)
                : Optional.empty();
    }
}
