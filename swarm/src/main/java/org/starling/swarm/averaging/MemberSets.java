package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.util.BitSet;
import java.util.Collection;

/** Sets of members of a round as they travel: bit i of byte j, from the lowest, is member 8 j + i; no byte more than that takes. */
final class MemberSets {
    private MemberSets() {}

    static ByteString encode(BitSet members) {
        return ByteString.copyFrom(members.toByteArray());
    }

    static ByteString encode(Collection<Integer> members) {
        BitSet set = new BitSet();
        members.forEach(set::set);
        return encode(set);
    }

    /** Reads what has been checked, or is as long as a message may be at most. */
    static BitSet decode(ByteString bytes) {
        return BitSet.valueOf(bytes.asReadOnlyByteBuffer());
    }

    /**
     * Reads a set that is kept and passed on, so that nothing is with it that does not belong to it.
     *
     * @param members how many there are
     * @throws IllegalArgumentException if there are others in it, or none, or it has bytes too many
     */
    static BitSet decode(ByteString bytes, int members) {
        BitSet set = bytes.size() > Group.MAX_MEMBERS / Byte.SIZE ? new BitSet() : decode(bytes);
        if (set.isEmpty() || set.length() > members || !encode(set).equals(bytes)) {
            throw new IllegalArgumentException(bytes.size() + " bytes that name others than the members, or none");
        }
        return set;
    }
}
