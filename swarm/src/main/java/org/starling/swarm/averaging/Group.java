package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.Span;

/**
 * The members of one round and everything on which they could disagree, as the leader signed it. Immutable and checked:
 * spans cover the gradient exactly, members are distinct, numbers are sane.
 *
 * @param id 16 random bytes
 * @param hash of the manifest; votes are bound to it
 * @param parts every part of the gradient, in order
 */
public record Group(
        GroupManifestMessage message,
        ByteString id,
        Digest hash,
        RoundKey round,
        List<Member> members,
        List<Part> parts,
        int elements,
        Codec codec,
        Instant startedAt) {
    public static final int MAX_MEMBERS = 64;
    static final String MEAN = "mean";

    private static final int ID_BYTES = 16;
    private static final int MAX_MANIFEST_BYTES = 65_536;
    private static final long MAX_SAMPLES = 1L << 40;
    private static final byte[] CONTEXT = "starling-group-v1".getBytes(StandardCharsets.US_ASCII);

    /** One member; the leader is the first. */
    public record Member(
            PeerId peer,
            ByteString publicKey,
            String accountId,
            String accountName,
            long samples,
            Optional<Endpoint> endpoint) {
        @Override
        public String toString() {
            return accountName + "/" + peer.abbreviated();
        }
    }

    /**
     * A stretch of the gradient that travels in one message.
     *
     * @param reducers members by index: who reduces it, then who takes over
     */
    public record Part(int index, int offset, int elements, List<Integer> reducers) {}

    static Group sign(GroupManifest manifest, PeerIdentity leader) {
        ByteString bytes = manifest.toByteString();
        return parse(
                GroupManifestMessage.newBuilder()
                        .setManifest(bytes)
                        .setSignature(ByteString.copyFrom(leader.sign(signedBytes(bytes))))
                        .build(),
                manifest.getRun());
    }

    /** @throws IllegalArgumentException if the manifest is malformed, contradicts itself or is not signed by its leader */
    static Group parse(GroupManifestMessage message, String run) {
        require(message.getManifest().size() <= MAX_MANIFEST_BYTES, "it is too large");
        GroupManifest manifest;
        try {
            manifest = GroupManifest.parseFrom(message.getManifest());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("The group's manifest is no protobuf message", e);
        }
        require(manifest.getRun().equals(run), "it is of the run " + manifest.getRun());
        require(manifest.getGroupId().size() == ID_BYTES, "its id is malformed");
        require(manifest.getAggregator().equals(MEAN), "its aggregator '" + manifest.getAggregator() + "' is unknown");
        List<Member> members = members(manifest);
        require(
                Ed25519.verify(
                        members.get(0).publicKey().toByteArray(),
                        signedBytes(message.getManifest()),
                        message.getSignature().toByteArray()),
                "its signature is not the leader's");
        int elements = Math.toIntExact(manifest.getGradientElements());
        return new Group(
                message,
                manifest.getGroupId(),
                Digest.of(Hashes.sha256(message.getManifest().toByteArray())),
                RoundKey.of(manifest.getRound()),
                members,
                parts(manifest, members, elements),
                elements,
                Codec.named(manifest.getCodec()),
                Instant.ofEpochMilli(manifest.getStartedAtMillis()));
    }

    private static List<Member> members(GroupManifest manifest) {
        require(
                manifest.getMembersCount() >= 1 && manifest.getMembersCount() <= MAX_MEMBERS,
                "it has " + manifest.getMembersCount() + " members");
        List<Member> members = new ArrayList<>();
        Set<PeerId> distinct = new HashSet<>();
        for (GroupMember m : manifest.getMembersList()) {
            require(m.getPublicKey().size() == Ed25519.PUBLIC_KEY_BYTES, "a member has no key");
            require(m.getSamples() >= 0 && m.getSamples() <= MAX_SAMPLES, "a member claims " + m.getSamples());
            PeerId peer = PeerId.ofPublicKey(m.getPublicKey().toByteArray());
            require(distinct.add(peer), "it names a member twice");
            members.add(new Member(
                    peer,
                    m.getPublicKey(),
                    m.getAccountId(),
                    m.getAccountName(),
                    m.getSamples(),
                    m.getAddress().isEmpty() ? Optional.empty() : Optional.of(new Endpoint(m.getAddress(), peer))));
        }
        return List.copyOf(members);
    }

    private static List<Part> parts(GroupManifest manifest, List<Member> members, int elements) {
        int partElements = manifest.getPartElements();
        require(partElements >= 1 && elements >= 1, "it has empty parts");
        require(elements / partElements <= 1 << 20, "it has too many parts");
        List<Part> parts = new ArrayList<>();
        long next = 0;
        for (Span span : manifest.getSpansList()) {
            require(span.getOffset() == next && span.getElements() >= 1, "its spans leave gaps");
            require(span.getReducersCount() >= 1 && span.getReducersCount() <= members.size(), "a span has no reducer");
            for (int reducer : span.getReducersList()) {
                require(reducer >= 0 && reducer < members.size(), "a reducer is no member");
                require(
                        members.size() == 1 || members.get(reducer).endpoint().isPresent(),
                        "a reducer cannot be reached");
            }
            next += span.getElements();
            require(next <= elements, "its spans are longer than the gradient");
            for (long offset = span.getOffset(); offset < next; offset += partElements) {
                parts.add(new Part(
                        parts.size(),
                        (int) offset,
                        (int) Math.min(partElements, next - offset),
                        List.copyOf(span.getReducersList())));
            }
        }
        require(next == elements, "its spans do not cover the gradient");
        return List.copyOf(parts);
    }

    private static void require(boolean valid, String problem) {
        if (!valid) {
            throw new IllegalArgumentException("The group's manifest is not acceptable: " + problem);
        }
    }

    private static byte[] signedBytes(ByteString manifest) {
        return ByteBuffer.allocate(CONTEXT.length + manifest.size())
                .put(CONTEXT)
                .put(manifest.asReadOnlyByteBuffer())
                .array();
    }

    /**
     * The members to whom this one reports what it has, by index: the reachable ones before it in the manifest's order. The
     * first that answers counts for all; a member that finds nobody before it counts itself.
     */
    public List<Integer> tellersOf(int member) {
        List<Integer> tellers = new ArrayList<>();
        for (int i = 0; i < member; i++) {
            if (members.get(i).endpoint().isPresent()) {
                tellers.add(i);
            }
        }
        return tellers;
    }

    /** The member's index, or -1. */
    int indexOf(PeerId peer) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).peer().equals(peer)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return members.size() + " peers led by " + members.get(0);
    }
}
