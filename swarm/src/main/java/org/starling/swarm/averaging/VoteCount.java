package org.starling.swarm.averaging;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.starling.swarm.digest.Digest;

/** Whether a round is committed. A pure function of the votes. */
final class VoteCount {
    private VoteCount() {}

    /** What the votes say. */
    sealed interface Decision {
        /** A quorum reported this digest. */
        record Commit(Digest gradient) implements Decision {}

        /** No digest can get a quorum any more. */
        record Void(String reason) implements Decision {}
    }

    /**
     * @param members of the group
     * @param quorum votes that one digest needs
     * @param votes by member
     * @param gone members that will not vote
     * @return empty while it is open
     */
    static Optional<Decision> decide(int members, int quorum, Map<Integer, Digest> votes, BitSet gone) {
        Map<Digest, Integer> counts = new HashMap<>();
        votes.values().forEach(digest -> counts.merge(digest, 1, Integer::sum));
        int best = 0;
        for (Map.Entry<Digest, Integer> count : counts.entrySet()) {
            if (count.getValue() >= quorum) {
                return Optional.of(new Decision.Commit(count.getKey()));
            }
            best = Math.max(best, count.getValue());
        }
        int open = 0;
        for (int member = 0; member < members; member++) {
            if (!votes.containsKey(member) && !gone.get(member)) {
                open++;
            }
        }
        if (best + open < quorum) {
            return Optional.of(new Decision.Void("of " + members + " members " + votes.size() + " reported, for "
                    + counts.size() + " different results; " + quorum + " equal ones are needed"));
        }
        return Optional.empty();
    }
}
