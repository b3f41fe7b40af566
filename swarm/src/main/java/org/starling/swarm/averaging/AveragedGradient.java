package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.List;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.wire.proto.PartReply;

/**
 * The staged result of a round: every averaged part, as the same bytes for every member.
 *
 * @param values {@code float[elements]}, decoded
 * @param parts who is in each, and the bytes that it was decoded from, without those that an exact codec makes of the values again
 * @param digest of all parts and of who is in each
 */
public record AveragedGradient(float[] values, List<PartReply> parts, Digest digest) {
    /** Names a result: the hash over the hashes of all parts in order. */
    static Digest digestOf(List<byte[]> partHashes) {
        return Digest.of(Hashes.sha256(partHashes.toArray(byte[][]::new)));
    }

    static byte[] hashOf(PartReply part) {
        return hashOf(part.getIncluded(), part.getPayload());
    }

    static byte[] hashOf(ByteString included, ByteString payload) {
        MessageDigest hash = Hashes.newSha256();
        hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(included.size()).flip());
        hash.update(included.asReadOnlyByteBuffer());
        hash.update(payload.asReadOnlyByteBuffer());
        return hash.digest();
    }

    /** The members whose gradients are in every part, so that their samples count; by index. */
    public BitSet includedFully() {
        BitSet members = MemberSets.decode(parts.get(0).getIncluded());
        parts.forEach(part -> members.and(MemberSets.decode(part.getIncluded())));
        return members;
    }

    /** Without values and bytes, which are as many as the model's. */
    @Override
    public String toString() {
        return "AveragedGradient[" + values.length + " values in " + parts.size() + " parts, " + digest + "]";
    }
}
