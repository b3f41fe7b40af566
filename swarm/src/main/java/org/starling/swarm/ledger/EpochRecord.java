package org.starling.swarm.ledger;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.SharedResults;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;

/**
 * The signed fact that a group finished an epoch: who took part with how many samples, and which state it led from and to.
 * Named by the SHA-256 of its bytes. Signatures are kept beside it, in the {@link Ledger}. Immutable.
 *
 * @param id what the members signed: the SHA-256 of the bytes
 * @param epoch epochs that are committed with this one
 * @param nextSubgroupsLog2 into how many subgroups, as a power of two, the next round is divided
 * @param totalSamples of the chain up to and with this epoch
 * @param groupId of the group whose round it was
 */
public record EpochRecord(
        Digest id,
        ByteString bytes,
        long generation,
        long epoch,
        Digest parent,
        long totalSamples,
        ByteString groupId,
        List<Member> members,
        Digest gradient,
        Digest stateBefore,
        Digest stateAfter,
        Instant startedAt,
        int nextSubgroupsLog2) {
    public static final int MAX_BYTES = 1 << 20;
    public static final int MAX_MEMBERS = 2048;

    private static final int MAX_SUBGROUPS_LOG2 = 8;
    private static final int MAX_GROUP_ID_BYTES = 16;

    private static final SharedResults<Source, EpochRecord> PARSED = new SharedResults<>();
    private static final byte[] CONTEXT = "starling-epoch-v1".getBytes(StandardCharsets.US_ASCII);

    /**
     * One member of the group.
     *
     * @param samples credited to it: those whose gradient is in every part of the average
     */
    public record Member(PeerId peer, ByteString publicKey, String accountId, String accountName, long samples) {}

    private record Source(ByteString bytes, String run) {}

    /**
     * For a process that runs many peers: those that take in the same record share what is parsed of it from now on. Changes no
     * result.
     *
     * @param records how many are shared at most
     */
    public static void share(int records) {
        PARSED.share(records);
    }

    /** The id of the record with these bytes. */
    public static Digest idOf(ByteString bytes) {
        return Digest.of(Hashes.sha256(bytes.toByteArray()));
    }

    public static EpochRecord of(EpochRecordBody body) {
        return parse(body.toByteString(), body.getRun());
    }

    /** @throws IllegalArgumentException saying what is wrong with the bytes */
    public static EpochRecord parse(ByteString bytes, String run) {
        return PARSED.get(new Source(bytes, run), EpochRecord::parse);
    }

    private static EpochRecord parse(Source source) {
        ByteString bytes = source.bytes();
        if (bytes.size() > MAX_BYTES) {
            throw new IllegalArgumentException("an epoch record of " + bytes.size() + " bytes");
        }
        EpochRecordBody body;
        try {
            body = EpochRecordBody.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("an epoch record that is no protobuf message", e);
        }
        if (!body.getRun().equals(source.run())) {
            throw new IllegalArgumentException("an epoch record of another run");
        }
        if (body.getEpoch() < 1
                || body.getGeneration() < 0
                || body.getTotalSamples() < 0
                || body.getStartedAtMillis() < 0
                || body.getGroupId().size() > MAX_GROUP_ID_BYTES
                || body.getNextSubgroupsLog2() < 0
                || body.getNextSubgroupsLog2() > MAX_SUBGROUPS_LOG2) {
            throw new IllegalArgumentException("an epoch record with impossible numbers");
        }
        if (body.getMembersCount() < 1 || body.getMembersCount() > MAX_MEMBERS) {
            throw new IllegalArgumentException("an epoch record with " + body.getMembersCount() + " members");
        }
        List<Member> members = new ArrayList<>();
        Set<PeerId> distinct = new HashSet<>();
        for (Contribution c : body.getMembersList()) {
            if (c.getPublicKey().size() != Ed25519.PUBLIC_KEY_BYTES
                    || c.getSamples() < 0
                    || c.getAccountId().length() > AccessToken.MAX_NAME_CHARACTERS
                    || c.getAccountName().length() > AccessToken.MAX_NAME_CHARACTERS) {
                throw new IllegalArgumentException("an epoch record with a malformed member");
            }
            Member member = new Member(
                    PeerId.ofPublicKey(c.getPublicKey().toByteArray()),
                    c.getPublicKey(),
                    c.getAccountId(),
                    c.getAccountName(),
                    c.getSamples());
            if (!distinct.add(member.peer())) {
                throw new IllegalArgumentException("an epoch record that names a member twice");
            }
            members.add(member);
        }
        return new EpochRecord(
                idOf(bytes),
                bytes,
                body.getGeneration(),
                body.getEpoch(),
                Digest.of(body.getParent()),
                body.getTotalSamples(),
                body.getGroupId(),
                List.copyOf(members),
                Digest.of(body.getGradientDigest()),
                Digest.of(body.getStateBefore()),
                Digest.of(body.getStateAfter()),
                Instant.ofEpochMilli(body.getStartedAtMillis()),
                body.getNextSubgroupsLog2());
    }

    /** The bytes that a member signs: few, however many members there are. */
    public byte[] signedBytes() {
        return ByteBuffer.allocate(CONTEXT.length + Digest.BYTES)
                .put(CONTEXT)
                .put(id.toBytes())
                .array();
    }

    /** Samples credited in this epoch. */
    public long samples() {
        return members.stream().mapToLong(Member::samples).sum();
    }

    /** The state that this epoch led to. */
    public StateReference stateReference() {
        return new StateReference(epoch, totalSamples, stateAfter);
    }

    @Override
    public String toString() {
        return "epoch " + epoch + " of generation " + generation + " (" + id.abbreviated() + ", " + members.size()
                + " members, state " + stateAfter.abbreviated() + ")";
    }
}
