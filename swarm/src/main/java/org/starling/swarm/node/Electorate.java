package org.starling.swarm.node;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.wire.proto.Progress;

/**
 * Where the accounts of the live trainers stand. Follows the directory change by change; a peer of which it is not known
 * where it stands counts where it was. Confined to the protocol thread.
 */
final class Electorate implements PeerDirectory.Watcher {
    /**
     * Those who wait at a root have nothing to lose. They keep a few from making up the first epochs; but a crowd of
     * newcomers must not outvote a swarm that has gone on.
     */
    private static final double MAX_AT_ROOT = 8;

    private final Ledger ledger;
    private final Map<PeerId, Voter> voters = new LinkedHashMap<>();
    private final Set<PeerId> trainers = new HashSet<>();
    private long changes;

    private static final class Voter {
        String account = "";
        long generation;
        long epoch;
        Digest state = Digest.ZERO;

        @Nullable Digest place;

        boolean isAt(Progress progress) {
            return generation == progress.getGeneration()
                    && epoch == progress.getEpoch()
                    && state.toByteString().equals(progress.getStateDigest());
        }
    }

    Electorate(Ledger ledger, PeerDirectory directory) {
        this.ledger = ledger;
        directory.watch(this);
    }

    @Override
    public void changed(PeerId peer, @Nullable PeerView alive) {
        Progress progress = alive == null ? null : alive.progress();
        if (alive == null
                || progress == null
                || !alive.record().getRolesList().contains(Role.TRAINER.claim())
                || !alive.token().roles().contains(Role.TRAINER)) {
            trainers.remove(peer);
            voters.remove(peer);
            changes++;
            return;
        }
        trainers.add(peer);
        if (progress.getNewcomer() || progress.getStateDigest().isEmpty()) {
            voters.remove(peer);
            changes++;
            return;
        }
        Voter voter = voters.computeIfAbsent(peer, id -> new Voter());
        if (!voter.isAt(progress) || !voter.account.equals(alive.token().accountId())) {
            voter.account = alive.token().accountId();
            voter.generation = progress.getGeneration();
            voter.epoch = progress.getEpoch();
            voter.state = Digest.of(progress.getStateDigest());
            changes++;
        }
    }

    /** Grows when somebody moves, comes or goes. */
    long changes() {
        return changes;
    }

    boolean isEmpty() {
        return voters.isEmpty();
    }

    /** Whether more than a third of the trainers may have made a record; what fewer make is not worth pushing to everybody. */
    boolean isOfMany(EpochRecord record) {
        return 3 * record.members().size() > trainers.size();
    }

    /**
     * The votes by place. An account's vote is divided among its peers.
     *
     * @param root where the generation begins, as far as that is known here
     * @param ownAccount of this peer
     * @param own where this peer stands; empty if it has no vote
     */
    Map<Digest, Double> votes(long generation, Optional<Position> root, String ownAccount, Optional<Digest> own) {
        Map<String, List<Digest>> byAccount = new LinkedHashMap<>();
        own.ifPresent(place ->
                byAccount.computeIfAbsent(ownAccount, a -> new ArrayList<>()).add(place));
        for (Voter voter : voters.values()) {
            place(voter, generation, root)
                    .ifPresent(place -> byAccount
                            .computeIfAbsent(voter.account, a -> new ArrayList<>())
                            .add(place));
        }
        Map<Digest, Double> votes = new LinkedHashMap<>();
        byAccount
                .values()
                .forEach(places -> places.forEach(place -> votes.merge(place, 1.0 / places.size(), Double::sum)));
        root.ifPresent(r -> votes.computeIfPresent(r.head(), (place, sum) -> Math.min(sum, MAX_AT_ROOT)));
        return votes;
    }

    private Optional<Digest> place(Voter voter, long generation, Optional<Position> root) {
        if (voter.generation < generation) {
            // it will come to the state that the authority has ordered
            return root.map(Position::head);
        }
        if (voter.generation > generation) {
            return Optional.empty();
        }
        boolean atRoot = root.isPresent()
                && root.get().state().epoch() == voter.epoch
                && root.get().state().digest().equals(voter.state);
        Optional<Digest> place = atRoot
                ? root.map(Position::head)
                : ledger.findByState(generation, voter.epoch, voter.state).map(record -> record.id());
        if (place.isPresent()) {
            voter.place = place.get();
        } else if (voter.place != null && ledger.find(voter.place).isEmpty()) {
            voter.place = null;
        }
        return Optional.ofNullable(voter.place);
    }
}
