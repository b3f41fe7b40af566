package org.starling.swarm.averaging;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.wire.proto.PartReply;

/**
 * The staged result of a round: every averaged part, as the same bytes for every member.
 *
 * @param values {@code float[elements]}, decoded
 * @param parts the bytes that they were decoded from, to be given to members that miss some
 * @param digest of all parts and of who is in each
 */
public record AveragedGradient(float[] values, List<PartReply> parts, Digest digest) {
    /** Names a result: the hash over the hashes of all parts in order. */
    static Digest digestOf(List<byte[]> partHashes) {
        return Digest.of(Hashes.sha256(partHashes.toArray(byte[][]::new)));
    }

    static byte[] hashOf(PartReply part) {
        return Hashes.sha256(
                ByteBuffer.allocate(Integer.BYTES)
                        .putInt(part.getIncluded().size())
                        .array(),
                part.getIncluded().toByteArray(),
                part.getPayload().toByteArray());
    }

    /** The members whose gradients are in every part, so that their samples count; by index. */
    public BitSet includedFully() {
        BitSet members = BitSet.valueOf(parts.get(0).getIncluded().toByteArray());
        parts.forEach(part -> members.and(BitSet.valueOf(part.getIncluded().toByteArray())));
        return members;
    }
}
