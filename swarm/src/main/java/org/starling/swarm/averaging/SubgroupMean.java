package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.util.BitSet;

/**
 * The mean of a part over some members of a subgroup, weighted by their samples; not encoded yet, so that averaging over
 * subgroups loses nothing.
 *
 * @param values {@code float[elements]} of the part
 * @param included members of the round by index
 */
record SubgroupMean(float[] values, BitSet included) {
    /** Samples behind it. */
    long samples(Group group) {
        return included.stream()
                .mapToLong(member -> group.members().get(member).samples())
                .sum();
    }

    ByteString includedBytes() {
        return MemberSets.encode(included);
    }

    /** @throws IllegalArgumentException if somebody is included who is not of the subgroup, or nobody is */
    static BitSet parseIncluded(ByteString bytes, Group.Subgroup subgroup) {
        if (bytes.size() > Group.MAX_MEMBERS / 8) {
            throw new IllegalArgumentException("A mean that includes too many");
        }
        BitSet included = MemberSets.decode(bytes);
        if (included.isEmpty() || included.nextSetBit(0) < subgroup.first() || included.length() > subgroup.end()) {
            throw new IllegalArgumentException("A mean that includes others than members of its subgroup");
        }
        return included;
    }
}
