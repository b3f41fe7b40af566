package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.runtime.SharedResults;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.Span;

/**
 * The members of one round and everything on which they could disagree, as the chair signed it. Immutable and checked:
 * members are distinct, subgroups divide them, each subgroup's spans cover the gradient exactly, numbers are sane.
 */
public final class Group {
    /** Members of one subgroup at most. */
    public static final int MAX_SUBGROUP_MEMBERS = 64;

    /** Members of one round at most. */
    public static final int MAX_MEMBERS = 2048;

    static final String MEAN = "mean";
    static final int MAX_BACKUPS = 3;
    static final int MAX_HELPERS = 8;

    private static final int ID_BYTES = 16;
    /** Less than the record of the round may have, which says of the members nothing that is not in the manifest. */
    private static final int MAX_MANIFEST_BYTES = (1 << 20) - 4096;

    private static final SharedResults<Source, Group> PARSED = new SharedResults<>();
    private static final byte[] CONTEXT = "starling-group-v1".getBytes(StandardCharsets.US_ASCII);

    private final GroupManifestMessage message;
    private final GroupManifest manifest;
    private final Digest hash;
    private final RoundKey round;
    private final List<Member> members;
    private final List<Member> helpers;
    private final List<Subgroup> subgroups;
    private final List<Part> parts;
    private final int elements;
    private final Codec codec;
    private final TensorSizes tensors;
    private final Map<PeerId, Integer> indexes = new HashMap<>();

    /**
     * One member; the chair is the first.
     *
     * @param bandwidth bytes a second that its line carries in each direction, by its own word; 0 if it says none
     */
    public record Member(
            PeerId peer,
            ByteString publicKey,
            String accountId,
            String accountName,
            long samples,
            double bandwidth,
            Optional<Endpoint> endpoint) {
        @Override
        public String toString() {
            return accountName + "/" + peer.abbreviated();
        }
    }

    /** Some members in a row, who reduce among themselves first; their leader is the first. */
    record Subgroup(int index, int first, int size) {
        int end() {
            return first + size;
        }

        boolean contains(int member) {
            return member >= first && member < end();
        }
    }

    /**
     * A stretch of the gradient that travels in one message.
     *
     * @param reducers for each subgroup, members by index: who reduces it there, then who takes over
     */
    record Part(int index, int offset, int elements, List<List<Integer>> reducers) {
        List<Integer> reducers(Subgroup subgroup) {
            return reducers.get(subgroup.index());
        }

        /** Who averages over the subgroups, then who takes over; beginning with another subgroup for every part. */
        List<Integer> roots() {
            List<Integer> roots = new ArrayList<>();
            for (int rank = 0; rank <= MAX_BACKUPS; rank++) {
                for (int i = 0; i < reducers.size() && roots.size() <= MAX_BACKUPS; i++) {
                    List<Integer> candidates = reducers.get((index + i) % reducers.size());
                    if (rank < candidates.size()) {
                        roots.add(candidates.get(rank));
                    }
                }
            }
            return roots;
        }
    }

    private record Source(GroupManifestMessage message, String run, int partElements, TensorSizes tensors) {}

    private Group(GroupManifestMessage message, GroupManifest manifest, TensorSizes tensors) {
        this.message = message;
        this.manifest = manifest;
        this.hash = Digest.of(Hashes.sha256(message.getManifest().toByteArray()));
        this.round = RoundKey.of(manifest.getRound());
        this.members = parseMembers(manifest.getMembersList(), 1);
        this.helpers = parseMembers(manifest.getHelpersList(), 0);
        this.subgroups = parseSubgroups();
        require(
                helpers.isEmpty() || subgroups.size() == 1 && helpers.size() <= MAX_HELPERS,
                "it has " + helpers.size() + " helpers and " + subgroups.size() + " subgroups");
        require(helpers.stream().allMatch(helper -> helper.samples() == 0), "a helper claims samples");
        require(manifest.getGradientElements() == tensors.elements(), "it is about another gradient");
        this.elements = tensors.elements();
        this.codec = Codec.named(manifest.getCodec());
        this.tensors = tensors;
        this.parts = parseParts();
    }

    /**
     * For a process that runs many peers: those that are members of the same group share what is parsed of its manifest from
     * now on. Changes no result.
     *
     * @param groups how many are shared at most
     */
    public static void share(int groups) {
        PARSED.share(groups);
    }

    static Group sign(GroupManifest manifest, PeerIdentity chair, TensorSizes tensors) {
        ByteString bytes = manifest.toByteString();
        return parse(
                GroupManifestMessage.newBuilder()
                        .setManifest(bytes)
                        .setSignature(ByteString.copyFrom(chair.sign(signedBytes(bytes))))
                        .build(),
                manifest.getRun(),
                manifest.getPartElements(),
                tensors);
    }

    /**
     * @param partElements of a part in the run
     * @param tensors of which this peer's gradient is made
     * @throws IllegalArgumentException if the manifest is malformed, contradicts itself, is not signed by its chair or is about
     *     another gradient
     */
    static Group parse(GroupManifestMessage message, String run, int partElements, TensorSizes tensors) {
        return PARSED.get(new Source(message, run, partElements, tensors), Group::parse);
    }

    /**
     * As a helper, who knows no gradient, takes it.
     *
     * @param mostElements that it has room for
     * @throws IllegalArgumentException as above
     */
    static Group parseForHelper(GroupManifestMessage message, String run, int partElements, long mostElements) {
        long elements;
        try {
            elements = GroupManifest.parseFrom(message.getManifest()).getGradientElements();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("The group's manifest is no protobuf message", e);
        }
        require(elements >= 1 && elements <= mostElements, "this peer has no room for " + elements + " elements");
        return parse(message, run, partElements, TensorSizes.single((int) elements));
    }

    private static Group parse(Source source) {
        GroupManifestMessage message = source.message();
        require(message.getManifest().size() <= MAX_MANIFEST_BYTES, "it is too large");
        GroupManifest manifest;
        try {
            manifest = GroupManifest.parseFrom(message.getManifest());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("The group's manifest is no protobuf message", e);
        }
        require(manifest.getRun().equals(source.run()), "it is of the run " + manifest.getRun());
        require(manifest.getGroupId().size() == ID_BYTES, "its id is malformed");
        require(manifest.getStartedAtMillis() >= 0, "it began before 1970");
        require(manifest.getAggregator().equals(MEAN), "its aggregator '" + manifest.getAggregator() + "' is unknown");
        require(
                Subgroups.isPossible(manifest.getNextSubgroupsLog2()),
                "it wants 2^" + manifest.getNextSubgroupsLog2() + " subgroups");
        require(
                manifest.getMembersCount() >= 1 && manifest.getMembersCount() <= MAX_MEMBERS,
                "it has " + manifest.getMembersCount() + " members");
        require(
                manifest.getPartElements() == source.partElements(),
                "it has parts of " + manifest.getPartElements() + " elements, and the run of " + source.partElements());
        require(
                Ed25519.verify(
                        manifest.getMembers(0).getPublicKey().toByteArray(),
                        signedBytes(message.getManifest()),
                        message.getSignature().toByteArray()),
                "its signature is not the chair's");
        return new Group(message, manifest, source.tensors());
    }

    private List<Member> parseMembers(List<GroupMember> claimants, long leastSamples) {
        List<Member> list = new ArrayList<>();
        for (GroupMember m : claimants) {
            require(m.getPublicKey().size() == Ed25519.PUBLIC_KEY_BYTES, "a member has no key");
            require(m.getSamples() >= leastSamples, "a member claims " + m.getSamples() + " samples");
            require(
                    m.getAccountId().length() <= AccessToken.MAX_NAME_CHARACTERS
                            && m.getAccountName().length() <= AccessToken.MAX_NAME_CHARACTERS,
                    "a member's account has too long a name");
            require(LoadBalancer.isPossible(m.getBandwidth()), "a member has a bandwidth of " + m.getBandwidth());
            PeerId peer = PeerId.ofPublicKey(m.getPublicKey().toByteArray());
            require(indexes.put(peer, indexes.size()) == null, "it names a member twice");
            list.add(new Member(
                    peer,
                    m.getPublicKey(),
                    m.getAccountId(),
                    m.getAccountName(),
                    m.getSamples(),
                    m.getBandwidth(),
                    m.getAddress().isEmpty() ? Optional.empty() : Optional.of(new Endpoint(m.getAddress(), peer))));
        }
        return List.copyOf(list);
    }

    private List<Subgroup> parseSubgroups() {
        List<Subgroup> list = new ArrayList<>();
        int first = 0;
        for (int size : manifest.getSubgroupSizesList()) {
            require(size >= 1 && size <= MAX_SUBGROUP_MEMBERS, "it has a subgroup of " + size);
            list.add(new Subgroup(list.size(), first, size));
            first += size;
        }
        require(first == members.size(), "its subgroups do not have its " + members.size() + " members");
        return List.copyOf(list);
    }

    private List<Part> parseParts() {
        int partElements = manifest.getPartElements();
        require(partElements >= 1 && elements >= 1, "it has empty parts");
        require(elements / partElements <= 1 << 20, "it has too many parts");
        List<int[]> cuts = new ArrayList<>();
        List<List<List<Integer>>> reducers = new ArrayList<>();
        Iterator<Span> spans = manifest.getSpansList().iterator();
        for (Subgroup subgroup : subgroups) {
            int count = 0;
            int most = subgroup.size() + helpers.size();
            for (long next = 0; next < elements; ) {
                require(spans.hasNext(), "its spans do not cover the gradient");
                require(most-- > 0, "it has more spans than peers that reduce");
                Span span = spans.next();
                require(span.getOffset() == next && span.getElements() >= 1, "its spans leave gaps");
                require(span.getElements() <= elements - next, "its spans are longer than the gradient");
                requireReducers(span, subgroup);
                next += span.getElements();
                for (long offset = span.getOffset(); offset < next; offset += partElements) {
                    int[] cut = {(int) offset, (int) Math.min(partElements, next - offset)};
                    if (subgroup.index() == 0) {
                        cuts.add(cut);
                        reducers.add(new ArrayList<>());
                    }
                    require(
                            count < cuts.size() && cuts.get(count)[0] == cut[0] && cuts.get(count)[1] == cut[1],
                            "its subgroups have different parts");
                    reducers.get(count++).add(span.getReducersList());
                }
            }
        }
        require(!spans.hasNext(), "it has more spans than subgroups");
        List<Part> list = new ArrayList<>();
        for (int i = 0; i < cuts.size(); i++) {
            list.add(new Part(i, cuts.get(i)[0], cuts.get(i)[1], List.copyOf(reducers.get(i))));
        }
        return List.copyOf(list);
    }

    private void requireReducers(Span span, Subgroup subgroup) {
        require(span.getReducersCount() >= 1 && span.getReducersCount() <= MAX_BACKUPS + 1, "a span has no reducer");
        for (int reducer : span.getReducersList()) {
            require(subgroup.contains(reducer) || isHelper(reducer), "a reducer is not of the subgroup");
            require(members.size() == 1 || participant(reducer).endpoint().isPresent(), "a reducer cannot be reached");
        }
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

    /** As the chair signed it. */
    public GroupManifestMessage message() {
        return message;
    }

    public boolean has(PeerId peer) {
        return indexes.containsKey(peer);
    }

    /** 16 random bytes. */
    public ByteString id() {
        return manifest.getGroupId();
    }

    /** Hash of the manifest; votes are bound to it. */
    Digest hash() {
        return hash;
    }

    public RoundKey round() {
        return round;
    }

    public List<Member> members() {
        return members;
    }

    /** Peers that reduce, and have neither a gradient in it nor a vote. */
    List<Member> helpers() {
        return helpers;
    }

    /** The members and the helpers. */
    List<Member> everybody() {
        return Stream.concat(members.stream(), helpers.stream()).toList();
    }

    int participants() {
        return members.size() + helpers.size();
    }

    /** A member or a helper, by index. */
    Member participant(int index) {
        return index < members.size() ? members.get(index) : helpers.get(index - members.size());
    }

    boolean isHelper(int index) {
        return index >= members.size() && index < participants();
    }

    List<Subgroup> subgroups() {
        return subgroups;
    }

    Subgroup subgroupOf(int member) {
        for (Subgroup subgroup : subgroups) {
            if (subgroup.contains(member)) {
                return subgroup;
            }
        }
        if (isHelper(member)) {
            return subgroups.get(0);
        }
        throw new IllegalArgumentException("There is no member " + member);
    }

    /** Every part of the gradient, in order. */
    List<Part> parts() {
        return parts;
    }

    int elements() {
        return elements;
    }

    String codecName() {
        return codec.name();
    }

    /** How the part travels. */
    Codec codec(Part part) {
        return codec.forPart(tensors, part.offset(), part.elements());
    }

    public Instant startedAt() {
        return Instant.ofEpochMilli(manifest.getStartedAtMillis());
    }

    /** Into how many subgroups, as a power of two, the next round is to be divided. */
    public int nextSubgroupsLog2() {
        return manifest.getNextSubgroupsLog2();
    }

    /**
     * The members to whom this one reports what it has, by index, in the order in which it tries them. The reachable ones
     * before it in its subgroup come first; then, as for the first of a subgroup, the first ones of the other subgroups, of
     * which it counts on those before its own only. The first that answers counts for all; a member that finds nobody counts
     * itself.
     */
    public List<Integer> tellersOf(int member) {
        List<Integer> tellers = new ArrayList<>();
        Subgroup own = subgroupOf(member);
        for (int i = own.first(); i < Math.min(member, own.end()); i++) {
            if (members.get(i).endpoint().isPresent()) {
                tellers.add(i);
            }
        }
        boolean first = tellers.isEmpty();
        for (Subgroup other : subgroups) {
            if (other.index() < own.index() || !first && other.index() > own.index()) {
                firstReachable(other).ifPresent(tellers::add);
            }
        }
        return tellers;
    }

    /** The other members whom this one asks when it is in doubt: those of its subgroup, and the first ones of the others. */
    List<Integer> acquaintancesOf(int member) {
        List<Integer> known = new ArrayList<>();
        Subgroup own = subgroupOf(member);
        for (Subgroup subgroup : subgroups) {
            if (subgroup.equals(own)) {
                for (int i = own.first(); i < own.end(); i++) {
                    if (i != member && members.get(i).endpoint().isPresent()) {
                        known.add(i);
                    }
                }
            } else {
                firstReachable(subgroup).ifPresent(known::add);
            }
        }
        return known;
    }

    private Optional<Integer> firstReachable(Subgroup subgroup) {
        for (int i = subgroup.first(); i < subgroup.end(); i++) {
            if (members.get(i).endpoint().isPresent()) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** The member's or helper's index, or -1. */
    int indexOf(PeerId peer) {
        return indexes.getOrDefault(peer, -1);
    }

    @Override
    public String toString() {
        return members.size() + " peers "
                + (subgroups.size() > 1 ? "in " + subgroups.size() + " subgroups " : "")
                + "led by " + members.get(0);
    }
}
