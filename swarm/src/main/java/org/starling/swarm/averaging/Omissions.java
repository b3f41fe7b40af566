package org.starling.swarm.averaging;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.starling.swarm.wire.proto.PartReply;

/**
 * Who of a round has answered this member with an average in which its gradient is not, and whether others have averaged with it.
 * Confined to the protocol thread; one use.
 */
final class Omissions {
    private static final int SO_MANY_FOR_ONE = 2;

    private final Group group;
    private final int self;
    private final Group.Subgroup own;
    /** By member, whether it has said why each time. */
    private final Map<Integer, Boolean> excused = new TreeMap<>();

    /** Roots that have averaged with this member's gradient. */
    private final BitSet averagedWith = new BitSet();

    Omissions(Group group, int self) {
        this.group = group;
        this.self = self;
        this.own = group.subgroupOf(self);
    }

    /**
     * A part's average is here.
     *
     * @param from who has answered
     * @param isExcused whether it has said why this member's gradient is not in it
     */
    void taken(Group.Part part, PartReply average, int from, boolean isExcused) {
        BitSet included = MemberSets.decode(average.getIncluded());
        if (group.isHelper(self) || from == self) {
            return;
        }
        if (included.get(self)) {
            averagedWith.set(average.getRoot());
        } else if (own.contains(from) && isReducersDoing(part, average, from, included)) {
            excused.merge(from, isExcused, Boolean::logicalAnd);
        } else if (isRootsDoing(part, average, from, included)) {
            // it says nothing of why, and may have waited in vain for those who reduce here
            excused.putIfAbsent(from, true);
        }
    }

    /** Others may have averaged before it, and the roots of other subgroups have the word of the reducers in this one. */
    private boolean isReducersDoing(Group.Part part, PartReply average, int from, BitSet included) {
        boolean hasAveraged = average.getRoot() == from
                || !own.contains(average.getRoot()) && part.reducers(own).get(0) == from;
        return hasAveraged && isIncluded(own, included);
    }

    /** This member has handed up the mean of its subgroup. */
    private boolean isRootsDoing(Group.Part part, PartReply average, int from, BitSet included) {
        return average.getRoot() == from && part.reducers(own).contains(self) && !isIncluded(own, included);
    }

    private static boolean isIncluded(Group.Subgroup subgroup, BitSet included) {
        return included.nextSetBit(subgroup.first()) >= 0 && included.nextSetBit(subgroup.first()) < subgroup.end();
    }

    /** The exchange is over. Where many have left this member out and have said why, that may well be so. */
    void tell(Distrust distrust) {
        boolean isOddOnes = excused.size() * SO_MANY_FOR_ONE <= averagedWith.cardinality();
        excused.forEach((member, isExcused) -> {
            if (isOddOnes || !isExcused) {
                distrust.leftOut(group.participant(member).peer(), isExcused);
            }
        });
    }
}
