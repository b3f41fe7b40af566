package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.VoteMessage;

/**
 * The votes of a round's members as far as they are here: one of each member, signed, for the digest of its result. Of two votes of
 * one member the first counts. Whoever has a quorum of votes for one result can prove to anybody that it is the committed one. Confined
 * to the protocol thread.
 */
final class Ballot {
    private static final byte[] CONTEXT = "starling-vote-v1".getBytes(StandardCharsets.US_ASCII);

    private final Group group;
    private final int quorum;
    private final Map<Integer, VoteMessage> votes = new TreeMap<>();

    /** @param quorum votes that commit a result */
    Ballot(Group group, int quorum) {
        this.group = group;
        this.quorum = quorum;
    }

    /** Casts the vote of a member itself. */
    VoteMessage cast(int member, PeerIdentity identity, Digest gradient) {
        VoteMessage vote = VoteMessage.newBuilder()
                .setMember(member)
                .setGradientDigest(gradient.toByteString())
                .setSignature(ByteString.copyFrom(identity.sign(signedBytes(gradient))))
                .build();
        votes.put(member, vote);
        return vote;
    }

    private byte[] signedBytes(Digest gradient) {
        return ByteString.copyFrom(CONTEXT)
                .concat(group.hash().toByteString())
                .concat(gradient.toByteString())
                .toByteArray();
    }

    /** Whether it is a vote of a member of the group, in its own words. */
    boolean isValid(VoteMessage vote) {
        if (vote.getMember() < 0
                || vote.getMember() >= group.members().size()
                || vote.getGradientDigest().size() != Digest.BYTES) {
            return false;
        }
        return vote.equals(votes.get(vote.getMember()))
                || Ed25519.verify(
                        group.members().get(vote.getMember()).publicKey().toByteArray(),
                        signedBytes(Digest.of(vote.getGradientDigest())),
                        vote.getSignature().toByteArray());
    }

    /** Takes in a valid vote. */
    void add(VoteMessage vote) {
        votes.putIfAbsent(vote.getMember(), vote);
    }

    /**
     * Takes in what another member brings, up to the first that is no vote: no honest member brings one. So each signature is verified
     * once, and one in a message in vain.
     *
     * @return whether they are votes of members, and no more than there are members
     */
    boolean addAll(List<VoteMessage> brought) {
        if (brought.size() > group.members().size()) {
            return false;
        }
        for (VoteMessage vote : brought) {
            if (!has(vote.getMember())) {
                if (!isValid(vote)) {
                    return false;
                }
                add(vote);
            }
        }
        return true;
    }

    boolean has(int member) {
        return votes.containsKey(member);
    }

    /** Those whose votes are here. */
    Set<Integer> voters() {
        return Collections.unmodifiableSet(votes.keySet());
    }

    /** The same as a set of bits. */
    ByteString votersBytes() {
        return MemberSets.encode(votes.keySet());
    }

    /** Votes of others than these, as {@link #votersBytes} names them. */
    List<VoteMessage> besides(ByteString voters) {
        BitSet known = MemberSets.decode(voters);
        return votes.values().stream()
                .filter(vote -> !known.get(vote.getMember()))
                .toList();
    }

    Collection<VoteMessage> all() {
        return Collections.unmodifiableCollection(votes.values());
    }

    /**
     * What follows from the votes that are here.
     *
     * @param gone members that will not vote any more
     */
    Optional<VoteCount.Decision> count(BitSet gone) {
        Map<Integer, Digest> digests = new TreeMap<>();
        votes.forEach((member, vote) -> digests.put(member, Digest.of(vote.getGradientDigest())));
        return VoteCount.decide(group.members().size(), quorum, digests, gone);
    }

    /** Votes for a result that are here, as many as prove that it is committed, if they are so many. */
    List<VoteMessage> proofOf(Digest gradient) {
        return votes.values().stream()
                .filter(vote -> vote.getGradientDigest().equals(gradient.toByteString()))
                .limit(quorum)
                .toList();
    }

    /**
     * The votes by which another member proves that its outcome is committed.
     *
     * @return empty if they do not prove it
     */
    Optional<List<VoteMessage>> proofIn(OutcomeMessage committed) {
        if (committed.getVotesCount() > group.members().size()) {
            return Optional.empty();
        }
        Map<Integer, VoteMessage> proof = new TreeMap<>();
        for (VoteMessage stripped : committed.getVotesList()) {
            VoteMessage vote = stripped.toBuilder()
                    .setGradientDigest(committed.getGradientDigest())
                    .build();
            if (proof.size() < quorum && isValid(vote)) {
                proof.put(vote.getMember(), vote);
            }
        }
        return proof.size() < quorum ? Optional.empty() : Optional.of(List.copyOf(proof.values()));
    }
}
