package org.starling.swarm.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;

/**
 * On which chain to stand. Those decide who are there: each account of a live trainer has one vote, for the place where it
 * stands, as in LMD-GHOST (Buterin et al. 2020, "Combining GHOST and Casper"). Between the chain that one stands on and
 * another, two thirds of the votes for either decide; if it is closer, the weight does ({@link BranchWeight}). What no more
 * than a third stand on is never followed, whatever it claims. Chains of which nobody has what lies between are compared by
 * the accounts of their newest records. Pure functions of their arguments and the records.
 *
 * <p>A <em>place</em> is the id of a record, or a root: where a generation begins.
 */
public final class ForkChoice {
    private static final double MARGIN = 1e-9;
    private static final long ROOT = -1;

    private final Function<Digest, Optional<EpochRecord>> records;
    private final BranchWeight weight;

    /** What to do. */
    public sealed interface Choice {
        /** Nothing is better. */
        record Stay() implements Choice {}

        /** To go to where this record led. */
        record Follow(EpochRecord head) implements Choice {}

        /** To find out how this record's chain and one's own hang together, before they can be compared. */
        record Learn(EpochRecord head) implements Choice {}
    }

    /**
     * @param records the known ones by their id, final or not
     * @param quorum members of a group to signatures that its record needs
     * @param targetBatchSize samples of an epoch, asked at each choice
     */
    public ForkChoice(
            Function<Digest, Optional<EpochRecord>> records, IntUnaryOperator quorum, LongSupplier targetBatchSize) {
        this.records = records;
        this.weight = new BranchWeight(quorum, targetBatchSize);
    }

    /** Where two chains part. {@code depth} is the epoch there; place is null, if they do not hang together. */
    private record Fork(@Nullable Digest place, long depth) {
        boolean isAt(Digest other) {
            return place != null && place.equals(other);
        }

        boolean isAfter(Fork other) {
            return place != null && (other.place == null || depth > other.depth);
        }
    }

    private record Candidate(EpochRecord tip, Fork fork, Map<Digest, Fork> forks, double support, double against) {}

    /**
     * Chooses by the votes.
     *
     * @param standing the place where this peer stands
     * @param newcomer whether it stands there for want of anything better
     * @param votes places to the number of accounts that stand there, this peer's own included
     * @param eligible the records that may be chosen: final, and not given up
     * @param unlearnable of which nobody has what lies between their chains and this peer's
     */
    public Choice choose(
            Digest standing,
            boolean newcomer,
            Map<Digest, Double> votes,
            Predicate<EpochRecord> eligible,
            Predicate<EpochRecord> unlearnable) {
        List<Candidate> candidates = new ArrayList<>();
        for (Digest place : votes.keySet()) {
            Optional<EpochRecord> tip = records.apply(place);
            if (tip.isPresent() && !place.equals(standing)) {
                Candidate candidate = candidate(tip.get(), standing, votes);
                if (!candidate.fork().isAt(place)) {
                    candidates.add(candidate);
                }
            }
        }
        candidates.sort((a, b) -> {
            int bySupport = Double.compare(b.support(), a.support());
            return bySupport != 0 ? bySupport : compare(b.tip(), a.tip());
        });
        Choice choice = new Choice.Stay();
        for (Candidate candidate : candidates) {
            Choice one = judge(candidate, standing, newcomer, votes, eligible, unlearnable);
            if (one instanceof Choice.Follow) {
                return one;
            }
            if (choice instanceof Choice.Stay) {
                choice = one;
            }
        }
        return choice;
    }

    private Candidate candidate(EpochRecord tip, Digest standing, Map<Digest, Double> votes) {
        Fork fork = meet(tip.id(), standing);
        Map<Digest, Fork> forks = new LinkedHashMap<>();
        double support = 0;
        double against = 0;
        for (Map.Entry<Digest, Double> vote : votes.entrySet()) {
            Fork with = meet(tip.id(), vote.getKey());
            forks.put(vote.getKey(), with);
            if (with.isAfter(fork)) {
                support += vote.getValue();
            } else if (fork.isAt(standing)) {
                // those further back have not come to where the choice is
                against += with.isAt(standing) ? vote.getValue() : 0;
            } else {
                against += meet(standing, vote.getKey()).isAfter(fork) ? vote.getValue() : 0;
            }
        }
        return new Candidate(tip, fork, forks, support, against);
    }

    private Choice judge(
            Candidate candidate,
            Digest standing,
            boolean newcomer,
            Map<Digest, Double> votes,
            Predicate<EpochRecord> eligible,
            Predicate<EpochRecord> unlearnable) {
        boolean extension = candidate.fork().isAt(standing);
        boolean connected = candidate.fork().place() != null;
        if (!extension) {
            double all = candidate.support() + candidate.against();
            boolean most = 3 * candidate.support() >= 2 * all - MARGIN;
            boolean back = !connected
                    && !newcomer
                    && records.apply(standing)
                            .filter(own -> own.epoch() >= candidate.tip().epoch())
                            .isPresent();
            boolean few = 3 * candidate.support() <= all + MARGIN;
            boolean goes = most;
            if (!most && newcomer) {
                goes = candidate.support() > candidate.against() + MARGIN;
            } else if (!few && !connected && (!most || back) && !unlearnable.test(candidate.tip())) {
                return new Choice.Learn(candidate.tip());
            } else if (!most && !few) {
                Optional<EpochRecord> own = records.apply(standing);
                goes = own.isEmpty()
                        || (connected ? compare(candidate.tip(), own.get()) : compareApart(candidate.tip(), own.get()))
                                > 0;
            }
            if (!goes) {
                return new Choice.Stay();
            }
        }
        return advance(candidate, !extension, votes, eligible)
                .<Choice>map(Choice.Follow::new)
                .orElseGet(Choice.Stay::new);
    }

    /** How far to go along a chain: as long as more than a third go on of those who have come to the same place. */
    private Optional<EpochRecord> advance(
            Candidate candidate, boolean firstStepDecided, Map<Digest, Double> votes, Predicate<EpochRecord> eligible) {
        EpochRecord target = null;
        long before = candidate.fork().depth();
        boolean decided = firstStepDecided;
        for (EpochRecord next : path(candidate)) {
            double on = 0;
            double here = 0;
            for (Map.Entry<Digest, Double> vote : votes.entrySet()) {
                Fork fork = candidate.forks().getOrDefault(vote.getKey(), new Fork(null, ROOT));
                if (fork.place() != null && fork.depth() >= next.epoch()) {
                    on += vote.getValue();
                } else if (fork.place() != null && fork.depth() == before) {
                    here += vote.getValue();
                }
            }
            if (!decided && 3 * on <= on + here + MARGIN) {
                break;
            }
            decided = false;
            before = next.epoch();
            target = eligible.test(next) ? next : target;
        }
        return Optional.ofNullable(target);
    }

    /** From the fork to the candidate, oldest first; of another tree, from where the first of its voters stands. */
    private List<EpochRecord> path(Candidate candidate) {
        if (candidate.fork().place() != null) {
            return branch(candidate.tip(), candidate.fork().place());
        }
        long first = candidate.forks().values().stream()
                .filter(fork -> fork.place() != null)
                .mapToLong(Fork::depth)
                .min()
                .orElse(ROOT);
        List<EpochRecord> whole = branch(candidate.tip(), null);
        return whole.stream().filter(record -> record.epoch() >= first).toList();
    }

    /**
     * Chooses when nobody else is there to ask.
     *
     * @param known records of which somebody has the states
     */
    public Choice chooseAlone(Digest standing, Collection<EpochRecord> known) {
        boolean atRoot = records.apply(standing).isEmpty();
        EpochRecord best = records.apply(standing).orElse(null);
        for (EpochRecord record : known) {
            boolean comparable = atRoot || meet(record.id(), standing).place() != null;
            if (comparable && (best == null || compare(record, best) > 0)) {
                best = record;
            }
        }
        return best == null || best.id().equals(standing) ? new Choice.Stay() : new Choice.Follow(best);
    }

    /** Which of two chains is the heavier: positive if the first. One that extends the other is; ties by id. */
    public int compare(EpochRecord a, EpochRecord b) {
        if (a.id().equals(b.id())) {
            return 0;
        }
        Fork fork = meet(a.id(), b.id());
        if (fork.isAt(a.id())) {
            return -1;
        } else if (fork.isAt(b.id())) {
            return 1;
        } else if (fork.place() == null && weight.accounts(a) != weight.accounts(b)) {
            return Integer.compare(weight.accounts(a), weight.accounts(b));
        }
        return weight.compare(window(fork.place()), branch(a, fork.place()), branch(b, fork.place()));
    }

    /** Two chains that nobody can connect, by what everybody knows of them who hears of both. */
    private int compareApart(EpochRecord a, EpochRecord b) {
        int byAccounts = Integer.compare(weight.accounts(a), weight.accounts(b));
        return byAccounts != 0 ? byAccounts : a.id().compareTo(b.id());
    }

    private Fork meet(Digest a, Digest b) {
        Digest x = a;
        Digest y = b;
        while (!x.equals(y)) {
            EpochRecord rx = records.apply(x).orElse(null);
            EpochRecord ry = records.apply(y).orElse(null);
            if (rx != null && (ry == null || rx.epoch() >= ry.epoch())) {
                x = rx.parent();
            } else if (ry != null) {
                y = ry.parent();
            } else {
                return new Fork(null, ROOT);
            }
        }
        return new Fork(x, records.apply(x).map(EpochRecord::epoch).orElse(ROOT));
    }

    /** Records after a place up to a tip, oldest first. */
    private List<EpochRecord> branch(EpochRecord tip, @Nullable Digest after) {
        Deque<EpochRecord> branch = new ArrayDeque<>();
        EpochRecord next = tip;
        while (next != null && (after == null || !next.id().equals(after))) {
            branch.addFirst(next);
            next = records.apply(next.parent()).orElse(null);
        }
        return List.copyOf(branch);
    }

    private List<EpochRecord> window(@Nullable Digest place) {
        Deque<EpochRecord> window = new ArrayDeque<>();
        EpochRecord next = place == null ? null : records.apply(place).orElse(null);
        while (next != null && window.size() < BranchWeight.WINDOW) {
            window.addFirst(next);
            next = records.apply(next.parent()).orElse(null);
        }
        return List.copyOf(window);
    }
}
