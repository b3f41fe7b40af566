package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
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
 * Where the accounts of the live trainers stand. Follows the directory change by change and keeps the votes counted, so that
 * asking costs nothing that grows with the swarm. A peer of which it is not known where it stands counts where it was.
 * Confined to the protocol thread.
 */
final class Electorate implements PeerDirectory.Watcher {
    /**
     * Those who wait at a root have nothing to lose. They keep a few from making up the first epochs; but a crowd of
     * newcomers must not outvote a swarm that has gone on.
     */
    private static final double MAX_AT_ROOT = 8;

    private final Ledger ledger;
    private final Map<PeerId, Voter> voters = new HashMap<>();
    private final Map<String, Account> accounts = new HashMap<>();
    private final Map<Claim, Ballot> ballots = new LinkedHashMap<>();
    private int trainers;
    private final Account own;
    private long changes;

    /**
     * Where a voter says that it stands.
     *
     * @param before where it stood, if it was known what that means: there it counts until it is known what this means
     */
    private record Claim(
            long generation,
            long epoch,
            ByteString state,
            @Nullable Digest before) {
        static Claim of(PeerView peer, @Nullable Digest before) {
            Progress progress = Objects.requireNonNull(peer.progress());
            return new Claim(progress.getGeneration(), progress.getEpoch(), progress.getStateDigest(), before);
        }
    }

    /** The votes of all who say the same, by the number of peers among whom an account's vote is divided. */
    private static final class Ballot {
        final Claim claim;
        final TreeMap<Integer, Integer> votersByShare = new TreeMap<>();
        final Digest state;

        @Nullable Digest place;

        Ballot(Claim claim) {
            this.claim = claim;
            state = Digest.of(claim.state());
            place = claim.before();
        }

        void count(int peersOfAccount, int voters) {
            votersByShare.merge(peersOfAccount, voters, (a, b) -> a + b == 0 ? null : a + b);
        }

        boolean isEmpty() {
            return votersByShare.isEmpty();
        }

        double sum() {
            double sum = 0;
            for (Map.Entry<Integer, Integer> share : votersByShare.entrySet()) {
                sum += share.getValue() / (double) share.getKey();
            }
            return sum;
        }
    }

    private static final class Account {
        /** Replaced as a whole, because most accounts have one peer, and every peer keeps all accounts. */
        List<Voter> voters = List.of();
        /** Whether this peer itself has a part in the account's vote. */
        boolean sharedWithSelf;

        int peers() {
            return voters.size() + (sharedWithSelf ? 1 : 0);
        }
    }

    /** Two peers of an account that say the same are two voters. */
    private static final class Voter {
        final String account;
        final Ballot ballot;

        Voter(String account, Ballot ballot) {
            this.account = account;
            this.ballot = ballot;
        }
    }

    /** @param ownAccount of this peer */
    Electorate(Ledger ledger, PeerDirectory directory, String ownAccount) {
        this.ledger = ledger;
        this.own = new Account();
        accounts.put(ownAccount, own);
        directory.watch(this);
    }

    // ---- following the directory ----

    @Override
    public void changed(@Nullable PeerView before, @Nullable PeerView after) {
        PeerView was = before != null && isTrainer(before) ? before : null;
        PeerView is = after != null && isTrainer(after) ? after : null;
        trainers += (is == null ? 0 : 1) - (was == null ? 0 : 1);
        PeerView voted = was != null && hasPlace(was) ? was : null;
        PeerView votes = is != null && hasPlace(is) ? is : null;
        if (voted != null && votes != null && saysTheSame(voted, votes)) {
            return;
        }
        Digest place = voted == null ? null : remove(voted.id());
        if (votes != null) {
            add(votes, place);
        }
    }

    private static boolean isTrainer(PeerView peer) {
        return peer.plays(Role.TRAINER);
    }

    private static boolean hasPlace(PeerView peer) {
        Progress progress = peer.progress();
        return progress != null
                && !progress.getNewcomer()
                && progress.getStateDigest().size() == Digest.BYTES;
    }

    private static boolean saysTheSame(PeerView before, PeerView after) {
        return before.token().accountId().equals(after.token().accountId())
                && Claim.of(before, null).equals(Claim.of(after, null));
    }

    /** @param place where the peer stood before, as far as that is known */
    private void add(PeerView peer, @Nullable Digest place) {
        Voter voter = new Voter(peer.token().accountId(), ballots.computeIfAbsent(Claim.of(peer, place), Ballot::new));
        voters.put(peer.id(), voter);
        Account account = accounts.computeIfAbsent(voter.account, id -> new Account());
        List<Voter> more = new ArrayList<>(account.voters);
        more.add(voter);
        recount(account, () -> account.voters = List.copyOf(more));
        changes++;
    }

    /** Returns where the peer stood, as far as that is known. */
    private @Nullable Digest remove(PeerId peer) {
        Voter voter = voters.remove(peer);
        if (voter == null) {
            return null;
        }
        Digest place = voter.ballot.place;
        Account account = accounts.get(voter.account);
        if (account != null) {
            List<Voter> fewer =
                    account.voters.stream().filter(other -> other != voter).toList();
            recount(account, () -> account.voters = fewer);
            if (account.voters.isEmpty() && account != own) {
                accounts.remove(voter.account);
            }
        }
        changes++;
        return place;
    }

    /** Takes an account's votes back, and gives them again after the change. */
    private void recount(Account account, Runnable change) {
        List<Voter> before = account.voters;
        count(account, -1);
        change.run();
        count(account, 1);
        for (Voter voter : before) {
            if (voter.ballot.isEmpty()) {
                ballots.remove(voter.ballot.claim);
            }
        }
    }

    private static void count(Account account, int sign) {
        for (Voter voter : account.voters) {
            voter.ballot.count(account.peers(), sign);
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
        return 3 * record.members().size() > trainers;
    }

    // ---- counting ----

    /**
     * The votes by place. An account's vote is divided among its peers.
     *
     * @param root where the generation begins, as far as that is known here
     * @param self where this peer stands; empty if it has no vote
     */
    Map<Digest, Double> votes(long generation, Optional<Position> root, Optional<Digest> self) {
        if (own.sharedWithSelf != self.isPresent()) {
            recount(own, () -> own.sharedWithSelf = self.isPresent());
        }
        Map<Digest, Double> votes = new LinkedHashMap<>();
        self.ifPresent(place -> votes.put(place, 1.0 / own.peers()));
        ballots.forEach((claim, ballot) -> place(claim, ballot, generation, root)
                .ifPresent(place -> votes.merge(place, ballot.sum(), Double::sum)));
        root.ifPresent(r -> votes.computeIfPresent(r.head(), (place, sum) -> Math.min(sum, MAX_AT_ROOT)));
        return votes;
    }

    private Optional<Digest> place(Claim claim, Ballot ballot, long generation, Optional<Position> root) {
        if (claim.generation() < generation) {
            // it will come to the state that the authority has ordered
            return root.map(Position::head);
        }
        if (claim.generation() > generation) {
            return Optional.empty();
        }
        boolean atRoot = root.isPresent()
                && root.get().state().epoch() == claim.epoch()
                && root.get().state().digest().equals(ballot.state);
        Optional<Digest> place = atRoot
                ? root.map(Position::head)
                : ledger.findByState(generation, claim.epoch(), ballot.state).map(EpochRecord::id);
        if (place.isPresent()) {
            ballot.place = place.get();
        } else if (ballot.place != null && ledger.find(ballot.place).isEmpty()) {
            ballot.place = null;
        }
        return Optional.ofNullable(ballot.place);
    }
}
