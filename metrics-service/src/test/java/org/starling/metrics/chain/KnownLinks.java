package org.starling.metrics.chain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;

/** Links in memory, which counts how often somebody looks at them. */
final class KnownLinks implements Chain.Links {
    private static final Comparator<Link> BY_WEIGHT = Comparator.comparingLong(Link::generation)
            .thenComparingLong(Link::totalSamples)
            .thenComparing(Link::id);

    private final Map<Digest, Link> links = new HashMap<>();
    private final TreeMap<Long, Link> counting = new TreeMap<>();
    private Chain.@Nullable Origin origin;
    private @Nullable Link heaviest;
    int looks;

    void add(EpochRecord record) {
        Link link = new Link(
                record.id(),
                record.generation(),
                record.epoch(),
                record.parent(),
                record.samples(),
                record.totalSamples(),
                record.stateBefore(),
                record.stateAfter());
        links.put(link.id(), link);
        heaviest = heaviest == null || BY_WEIGHT.compare(link, heaviest) > 0 ? link : heaviest;
    }

    void rollBack(long generation, StateReference state) {
        origin = new Chain.Origin(generation, state);
    }

    /** Settles and does what the change says. */
    Chain.Change settle() {
        Chain.Change change = Chain.settle(this);
        counting.tailMap(change.kept(), false).clear();
        change.joined().forEach(link -> {
            if (counting.put(link.epoch(), link) != null) {
                throw new AssertionError("two records of epoch " + link.epoch() + " count");
            }
        });
        return change;
    }

    /** The ids of those that count, oldest first. */
    List<Digest> counting() {
        return new ArrayList<>(counting.values()).stream().map(Link::id).toList();
    }

    @Override
    public Optional<Link> find(Digest id) {
        looks++;
        return Optional.ofNullable(links.get(id));
    }

    @Override
    public Optional<Link> leadingTo(Digest state, long beforeGeneration) {
        looks++;
        return links.values().stream()
                .filter(link -> link.stateAfter().equals(state) && link.generation() < beforeGeneration)
                .max(BY_WEIGHT);
    }

    @Override
    public Optional<Link> heaviest() {
        looks++;
        return Optional.ofNullable(heaviest);
    }

    @Override
    public Optional<Chain.Origin> origin() {
        looks++;
        return Optional.ofNullable(origin);
    }

    @Override
    public Optional<Link> counting(long epoch) {
        looks++;
        return Optional.ofNullable(counting.get(epoch));
    }

    @Override
    public Optional<Link> oldestCounting() {
        looks++;
        return counting.isEmpty()
                ? Optional.empty()
                : Optional.of(counting.firstEntry().getValue());
    }
}
