package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerView;

/**
 * How the peers of a round are divided: everybody that knows the same peers computes the same. In the order of their hashes
 * the first 2^k that can be reached lead a subgroup each, the first of all is the chair, and every other peer prefers leaders
 * in an order of its own (rendezvous hashing; Thaler and Ravishankar, 1996), so that one that is full or dead costs the
 * others little. Those who do not know quite the same peers agree about most of it nevertheless. Immutable.
 */
final class Subgroups {
    private static final int MAX_LOG2 = 8;

    private final PeerId self;
    private final boolean selfReachable;
    private final List<PeerView> companions;
    private final Map<PeerId, Digest> ranks;
    private final RoundKey round;
    private final List<PeerView> reachable;
    private final Map<PeerId, Long> leaders = new LinkedHashMap<>();
    private @Nullable List<PeerView> neighbours;

    /**
     * @param companions the other peers of the round
     * @param ranks remembers the hashes of peers in this round from one call to the next
     */
    Subgroups(
            RoundKey round,
            int log2,
            PeerId self,
            boolean selfReachable,
            List<PeerView> companions,
            Map<PeerId, Digest> ranks) {
        this.round = round;
        this.self = self;
        this.selfReachable = selfReachable;
        this.companions = companions;
        this.ranks = ranks;
        this.reachable = companions.stream()
                .filter(peer -> peer.endpoint().isPresent())
                .sorted(Comparator.comparing(peer -> rank(peer.id())))
                .toList();
        List<PeerId> inOrder = new ArrayList<>(
                reachable.stream().limit(1L << log2).map(PeerView::id).toList());
        if (selfReachable) {
            inOrder.add(self);
        }
        inOrder.stream()
                .sorted(Comparator.comparing(this::rank))
                .limit(1L << log2)
                .forEach(leader -> leaders.put(leader, last8Bytes(leader)));
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

    static Map<PeerId, Digest> noRanks() {
        return new HashMap<>();
    }

    List<PeerView> companions() {
        return companions;
    }

    private Digest rank(PeerId peer) {
        return ranks.computeIfAbsent(peer, round::rank);
    }

    /** Not the first ones, which are small for all leaders. */
    private long last8Bytes(PeerId peer) {
        byte[] rank = rank(peer).toBytes();
        long value = 0;
        for (int i = rank.length - Long.BYTES; i < rank.length; i++) {
            value = value << 8 | rank[i] & 0xff;
        }
        return value;
    }

    /** How much a peer prefers a leader: the finalizer of splitmix64 over both hashes. */
    private static long affinity(long peer, long leader) {
        long z = peer ^ Long.rotateLeft(leader, 32);
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** Whether this peer leads a subgroup. */
    boolean leads() {
        return leaders.containsKey(self);
    }

    /** The leader that a peer prefers, which is itself if it is one; null if there is nobody whom others can reach. */
    @Nullable PeerId home(PeerId peer) {
        if (leaders.containsKey(peer)) {
            return peer;
        }
        long own = last8Bytes(peer);
        PeerId best = null;
        long bestAffinity = 0;
        for (Map.Entry<PeerId, Long> leader : leaders.entrySet()) {
            long affinity = affinity(own, leader.getValue());
            if (best == null || affinity > bestAffinity) {
                best = leader.getKey();
                bestAffinity = affinity;
            }
        }
        return best;
    }

    /** The leaders whom this peer follows, the one that it prefers first; none if it leads itself. */
    List<PeerView> leaders() {
        if (leads()) {
            return List.of();
        }
        long own = last8Bytes(self);
        return reachable.stream()
                .limit(leaders.size())
                .sorted(Comparator.comparing((PeerView leader) -> affinity(own, leaders.getOrDefault(leader.id(), 0L)))
                        .reversed())
                .toList();
    }

    /** Those who lead when none of the leaders does, before this peer would, in order. */
    List<PeerView> successors() {
        return reachable.stream()
                .skip(leaders.size())
                .filter(peer -> !selfReachable || rank(peer.id()).compareTo(rank(self)) < 0)
                .toList();
    }

    /** The leaders before this peer, in order: candidates for chair. */
    List<PeerView> chairs() {
        return reachable.stream()
                .filter(peer ->
                        leaders.containsKey(peer.id()) && rank(peer.id()).compareTo(rank(self)) < 0)
                .toList();
    }

    /** The other peers that prefer this one as their leader. */
    List<PeerView> neighbours() {
        List<PeerView> found = neighbours;
        if (found == null) {
            found = companions.stream()
                    .filter(peer -> Objects.equals(self, home(peer.id())))
                    .toList();
            neighbours = found;
        }
        return found;
    }

    /** The leaders of those who have not come themselves: whom the chair waits for. */
    Set<PeerId> homesOfOthers(Set<PeerId> came) {
        Set<PeerId> homes = new HashSet<>();
        for (PeerView peer : companions) {
            PeerId home = home(peer.id());
            if (home != null && !came.contains(peer.id())) {
                homes.add(home);
            }
        }
        return homes;
    }
}
