package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
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
                new byte[] {(byte) part.getIncluded().size()},
                part.getIncluded().toByteArray(),
                part.getPayload().toByteArray());
    }

    /** Whether the member's gradient is in every part, so that its samples count. */
    public boolean includesFully(int member) {
        return parts.stream().allMatch(part -> isIncluded(part.getIncluded(), member));
    }

    private static boolean isIncluded(ByteString included, int member) {
        return member / 8 < included.size() && (included.byteAt(member / 8) >> (member % 8) & 1) == 1;
    }
}
