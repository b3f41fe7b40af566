package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.AverageStatement;
import org.starling.swarm.wire.proto.PartReply;

/**
 * A root's word of what a part's average is. It averages a part once, and everybody has to get the same bytes; so whoever has signed
 * two of them has lied, which a third party can check ({@link Contradiction}).
 *
 * @param part by index
 * @param root the member who has averaged it, by index
 * @param hash of the average and of who is in it
 * @param signature the root's
 */
record SignedAverage(int part, int root, Digest hash, ByteString signature) {
    private static final byte[] CONTEXT = "starling-part-v1".getBytes(StandardCharsets.US_ASCII);

    static byte[] signedBytes(Digest manifest, long startedAtMillis, int part, Digest hash) {
        return ByteBuffer.allocate(CONTEXT.length + 2 * Digest.BYTES + Long.BYTES + Integer.BYTES)
                .put(CONTEXT)
                .put(manifest.toBytes())
                .putLong(startedAtMillis)
                .putInt(part)
                .put(hash.toBytes())
                .array();
    }

    private static byte[] signedBytes(Group group, int part, Digest hash) {
        return signedBytes(group.hash(), group.startedAt().toEpochMilli(), part, hash);
    }

    /** An average, and what is signed of it. */
    record WithAverage(PartReply average, SignedAverage statement) {}

    /** The average with the signature of this member, who is its root. Heavy: call it on a worker. */
    static WithAverage sign(Group group, Group.Part part, int self, PeerIdentity identity, PartReply.Builder average) {
        Digest hash = Digest.of(AveragedGradient.hashOf(average.getIncluded(), average.getPayload()));
        ByteString signature = ByteString.copyFrom(identity.sign(signedBytes(group, part.index(), hash)));
        return new WithAverage(
                average.setRoot(self).setSignature(signature).build(),
                new SignedAverage(part.index(), self, hash, signature));
    }

    /**
     * What is signed of an average, verified. Heavy: call it on a worker.
     *
     * @param hash of the average
     * @throws IllegalArgumentException unless a root of the part has signed it, and members of the group are in it
     */
    static SignedAverage of(Group group, Group.Part part, PartReply average, byte[] hash) {
        MemberSets.decode(average.getIncluded(), group.members().size());
        SignedAverage signed =
                new SignedAverage(part.index(), average.getRoot(), Digest.of(hash), average.getSignature());
        if (!signed.isValid(group)) {
            throw new IllegalArgumentException("part " + part.index() + " is not signed by a root of it");
        }
        return signed;
    }

    /** Whether a root of the part has signed it. */
    boolean isValid(Group group) {
        return part >= 0
                && part < group.parts().size()
                && group.parts().get(part).roots().contains(root)
                && Ed25519.verify(
                        group.participant(root).publicKey().toByteArray(),
                        signedBytes(group, part, hash),
                        signature.toByteArray());
    }

    /** Whether both cannot be true. */
    boolean contradicts(SignedAverage other) {
        return part == other.part && root == other.root && !hash.equals(other.hash);
    }

    AverageStatement toMessage() {
        return AverageStatement.newBuilder()
                .setPart(part)
                .setRoot(root)
                .setHash(hash.toByteString())
                .setSignature(signature)
                .build();
    }

    /** @throws IllegalArgumentException if the hash is none */
    static SignedAverage of(AverageStatement message) {
        return new SignedAverage(
                message.getPart(), message.getRoot(), Digest.of(message.getHash()), message.getSignature());
    }
}
