package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerView;

/**
 * How the peers of a round are divided: everybody that knows the same peers computes the same. A peer's hash puts it into
 * one of 2^k subgroups; where nobody there can be reached it goes to the next one where somebody can. In each subgroup, and
 * among all, the reachable peers are candidates for leader in the order of their hashes. Pure functions.
 */
final class Subgroups {
    private static final int MAX_LOG2 = 8;

    private final RoundKey round;
    private final int log2;
    private final Map<PeerId, Digest> ranks;
    private final PeerId self;
    private final List<PeerView> companions;
    private final TreeMap<Integer, List<PeerView>> candidates = new TreeMap<>();
    private final boolean selfReachable;

    /**
     * @param ranks remembers the hashes of peers in this round from one call to the next
     * @param companions the other peers of the round
     */
    Subgroups(
            RoundKey round,
            int log2,
            PeerId self,
            boolean selfReachable,
            List<PeerView> companions,
            Map<PeerId, Digest> ranks) {
        this.round = round;
        this.log2 = log2;
        this.self = self;
        this.selfReachable = selfReachable;
        this.companions = companions;
        this.ranks = ranks;
        if (selfReachable) {
            candidates.put(slot(self), new ArrayList<>());
        }
        for (PeerView peer : companions) {
            if (peer.endpoint().isPresent()) {
                candidates
                        .computeIfAbsent(slot(peer.id()), s -> new ArrayList<>())
                        .add(peer);
            }
        }
        candidates.values().forEach(list -> list.sort(byRank()));
    }

    /** Whether a round can be divided into 2^{@code log2} subgroups. */
    static boolean isPossible(int log2) {
        return log2 >= 0 && log2 <= MAX_LOG2;
    }

    /**
     * Into how many subgroups, as a power of two, so many trainers are divided. The hashes do not divide them evenly, and some
     * more may come, so that a subgroup is to be filled to five eighths.
     */
    static int log2For(int trainers, int maxGroupSize) {
        int log2 = 0;
        while (log2 < MAX_LOG2 && trainers * 8L > (5L * maxGroupSize << log2)) {
            log2++;
        }
        return maxGroupSize == 1 ? 0 : log2;
    }

    private Digest rank(PeerId peer) {
        return ranks.computeIfAbsent(peer, round::rank);
    }

    private Comparator<PeerView> byRank() {
        return Comparator.comparing(peer -> rank(peer.id()));
    }

    /** Not the leading bits: who is next in line among all is in another subgroup then, and has gathered it already. */
    private int slot(PeerId peer) {
        byte[] rank = rank(peer).toBytes();
        return rank[rank.length - 1] & ((1 << log2) - 1);
    }

    /** The subgroup where the peer looks for a leader first. */
    int home(PeerId peer) {
        int slot = slot(peer);
        Integer next = candidates.ceilingKey(slot);
        return next != null ? next : candidates.isEmpty() ? slot : candidates.firstKey();
    }

    /** The candidates for leader of this peer's subgroup before itself, in order. */
    List<PeerView> leaders() {
        List<PeerView> all = candidates.getOrDefault(home(self), List.of());
        return selfReachable ? all.stream().filter(this::isAhead).toList() : all;
    }

    /** The first candidates of the other subgroups, beginning with the next one. */
    List<PeerView> leadersElsewhere() {
        int own = home(self);
        List<PeerView> others = new ArrayList<>();
        candidates.tailMap(own, false).values().forEach(list -> others.add(list.get(0)));
        candidates.headMap(own, false).values().forEach(list -> others.add(list.get(0)));
        return others;
    }

    /** The candidates for chair before this peer, in order; those of its own subgroup do not lead. */
    List<PeerView> chairs() {
        int own = home(self);
        return companions.stream()
                .filter(peer -> peer.endpoint().isPresent() && home(peer.id()) != own && isAhead(peer))
                .sorted(byRank())
                .toList();
    }

    private boolean isAhead(PeerView peer) {
        return rank(peer.id()).compareTo(rank(self)) < 0;
    }

    /** The other peers of this peer's subgroup. */
    List<PeerView> neighbours() {
        int own = home(self);
        return companions.stream().filter(peer -> home(peer.id()) == own).toList();
    }

    List<PeerView> companions() {
        return companions;
    }

    static Map<PeerId, Digest> noRanks() {
        return new HashMap<>();
    }
}
