package org.starling.swarm.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.simulation.Weights.Parting;
import org.starling.swarm.wire.proto.Progress;

/**
 * What a trainer knew when it chose to go elsewhere: where it stood, where the accounts stand of which it heard, and the records of
 * those places. Decision 15 says where it may go from there; this is a second reading of that page, without the code under test.
 */
final class Standpoint {
    private static final double ROUNDING = 1e-9;

    private final Digest place;
    private final boolean reachable;
    private final Map<Digest, EpochRecord> known;
    private final List<Vote> votes;
    /** Votes of those of whom it is not known where they stand: they count for wherever the peer goes. */
    private final double unplaced;

    private final double own;

    /** @param share of the vote of an account that has several peers */
    record Vote(EpochRecord place, double share) {}

    /**
     * @param known records by their id
     * @param votes of others
     * @param own what is left to the peer of its account's vote
     */
    Standpoint(
            Digest place,
            boolean reachable,
            Map<Digest, EpochRecord> known,
            List<Vote> votes,
            double unplaced,
            double own) {
        this.place = place;
        this.reachable = reachable;
        this.known = known;
        this.votes = votes;
        this.unplaced = unplaced;
        this.own = own;
    }

    /** Of a peer that has just begun to go elsewhere. */
    static Standpoint of(SimulatedPeer peer, NodeStatus status, Ledger ledger) {
        Map<Digest, EpochRecord> known = new HashMap<>();
        remember(status.headId(), ledger, known);
        List<PeerView> voters = new ArrayList<>();
        Map<String, Integer> peersOfAccount = new HashMap<>();
        String account = Objects.requireNonNull(peer.token).accountId();
        peersOfAccount.put(account, 1);
        for (PeerView other : status.peers()) {
            Progress progress = other.progress();
            if (other.plays(Role.TRAINER)
                    && progress != null
                    && !progress.getNewcomer()
                    && progress.getStateDigest().size() == Digest.BYTES) {
                voters.add(other);
                peersOfAccount.merge(other.token().accountId(), 1, Integer::sum);
            }
        }
        List<Vote> votes = new ArrayList<>();
        double unplaced = 0;
        for (PeerView voter : voters) {
            double share = 1.0 / peersOfAccount.getOrDefault(voter.token().accountId(), 1);
            Progress progress = Objects.requireNonNull(voter.progress());
            if (progress.getGeneration() != status.generation() || progress.getEpoch() == 0) {
                continue;
            }
            Optional<EpochRecord> there = ledger.findByState(
                    progress.getGeneration(), progress.getEpoch(), Digest.of(progress.getStateDigest()));
            if (there.isPresent()) {
                votes.add(new Vote(there.get(), share));
                remember(there.get().id(), ledger, known);
            } else {
                unplaced += share;
            }
        }
        if (unplaced > 0) {
            // they may stand after any of these
            ledger.eligible(status.generation()).forEach(record -> remember(record.id(), ledger, known));
        }
        return new Standpoint(
                status.headId(), peer.reachable, known, votes, unplaced, 1.0 / peersOfAccount.getOrDefault(account, 1));
    }

    /** A record and all that led to it. */
    private static void remember(Digest id, Ledger ledger, Map<Digest, EpochRecord> known) {
        Optional<EpochRecord> record = ledger.find(id);
        while (record.isPresent() && known.put(record.get().id(), record.get()) == null) {
            record = ledger.find(record.get().parent());
        }
    }

    /** Why the peer must not have left its chain for another; empty if it may, or if it only went on along its own. */
    Optional<String> objectionTo(EpochRecord target, Weights weights) {
        EpochRecord left = known.get(place);
        if (left == null || left.generation() != target.generation()) {
            return Optional.empty();
        }
        known.putIfAbsent(target.id(), target);
        Parting parting = Parting.of(known, target, left);
        if (parting.first().isEmpty() || parting.second().isEmpty()) {
            return Optional.empty();
        }
        if (votes.isEmpty() && unplaced == 0) {
            return weights.isFirstLighter(parting)
                    ? Optional.of("is lighter, and nobody is there to say otherwise")
                    : Optional.empty();
        }
        double support = unplaced;
        double against = 0;
        for (Vote vote : votes) {
            if (goesOn(vote.place(), target, parting)) {
                support += vote.share();
            } else if (goesOn(vote.place(), left, parting)) {
                against += vote.share();
            }
        }
        boolean mayBeStranded = !reachable && support > against + ROUNDING;
        double all = support + against + own;
        if (mayBeStranded || 3 * support >= 2 * all - ROUNDING) {
            return Optional.empty();
        }
        if (3 * support <= all + ROUNDING) {
            return Optional.of("has no more than a third of the votes, " + support + " of " + all);
        }
        return parting.connected()
                        && places().anyMatch(there ->
                                leadsTo(target, there) && !weights.isFirstLighter(Parting.of(known, there, left)))
                ? Optional.empty()
                : Optional.of("is lighter, and has no more than " + support + " of " + all + " votes");
    }

    /** Where a voter stands; as much as is known where that is not. */
    private Stream<EpochRecord> places() {
        return unplaced > 0 ? known.values().stream() : votes.stream().map(Vote::place);
    }

    private boolean leadsTo(EpochRecord earlier, EpochRecord later) {
        return Parting.of(known, later, earlier).second().isEmpty();
    }

    /** Whether a place lies on the same side of a fork as the head. */
    private boolean goesOn(EpochRecord there, EpochRecord head, Parting fork) {
        Parting other = Parting.of(known, there, head);
        return other.connected()
                && (!fork.connected() || other.before().size() > fork.before().size());
    }
}
