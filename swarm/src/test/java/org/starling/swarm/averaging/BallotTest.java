package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.VoteMessage;

class BallotTest {
    private static final int QUORUM = 3;
    private static final Digest RESULT = Digest.of(Hashes.sha256(new byte[] {1}));
    private static final Digest OTHER = Digest.of(Hashes.sha256(new byte[] {2}));

    private final List<PeerIdentity> members =
            IntStream.range(0, 4).mapToObj(i -> PeerIdentity.create()).toList();
    private final Group group = group(new byte[16]);
    private final Ballot ballot = new Ballot(group, QUORUM);

    private Group group(byte[] id) {
        return Groups.of(members, id, "none", 100, 25);
    }

    /** As a member casts it in its own process. */
    private VoteMessage vote(int member, Digest result) {
        return new Ballot(group, QUORUM).cast(member, members.get(member), result);
    }

    /** Another member's word that the result is committed. */
    private static OutcomeMessage committed(VoteMessage... votes) {
        OutcomeMessage.Builder outcome = OutcomeMessage.newBuilder()
                .setState(OutcomeMessage.State.COMMITTED)
                .setGradientDigest(RESULT.toByteString());
        for (VoteMessage vote : votes) {
            outcome.addVotes(vote.toBuilder().clearGradientDigest());
        }
        return outcome.build();
    }

    @Test
    void aQuorumOfVotesForTheResultProvesThatItIsCommitted() {
        assertThat(ballot.proofIn(committed(vote(0, RESULT), vote(1, RESULT), vote(2, RESULT), vote(3, RESULT))))
                .hasValueSatisfying(
                        proof -> assertThat(proof).containsExactly(vote(0, RESULT), vote(1, RESULT), vote(2, RESULT)));
    }

    @Test
    void nothingElseDoes() {
        VoteMessage good = vote(0, RESULT);
        VoteMessage fine = vote(1, RESULT);
        assertThat(ballot.proofIn(committed(good, fine))).as("too few").isEmpty();
        assertThat(ballot.proofIn(committed(good, fine, fine, fine)))
                .as("one vote several times")
                .isEmpty();
        assertThat(ballot.proofIn(committed(good, fine, vote(2, OTHER))))
                .as("a vote for another result")
                .isEmpty();
        assertThat(ballot.proofIn(
                        committed(good, fine, fine.toBuilder().setMember(2).build())))
                .as("a vote in another's name")
                .isEmpty();
        assertThat(ballot.proofIn(
                        committed(good, fine, fine.toBuilder().setMember(4).build())))
                .as("a vote of nobody")
                .isEmpty();
        assertThat(ballot.proofIn(committed(good, fine, fine, fine, vote(2, RESULT))))
                .as("more votes than members")
                .isEmpty();
        VoteMessage elsewhere = new Ballot(
                        group(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}), QUORUM)
                .cast(2, members.get(2), RESULT);
        assertThat(ballot.proofIn(committed(good, fine, elsewhere)))
                .as("a vote of another round")
                .isEmpty();
    }

    @Test
    void theFirstVoteOfAMemberCounts() {
        ballot.add(vote(1, RESULT));
        ballot.add(vote(1, OTHER));
        ballot.cast(0, members.get(0), RESULT);

        assertThat(ballot.voters()).containsExactly(0, 1);
        assertThat(ballot.proofOf(RESULT)).hasSize(2);
        assertThat(ballot.proofOf(OTHER)).isEmpty();
        assertThat(ballot.count(new BitSet())).isEmpty();

        ballot.add(vote(3, RESULT));

        assertThat(ballot.count(new BitSet())).contains(new VoteCount.Decision.Commit(RESULT));
    }

    @Test
    void aVoteMayNotBeChanged() {
        List<UnaryOperator<VoteMessage.Builder>> changes = List.of(
                vote -> vote.setMember(1),
                vote -> vote.setMember(-1),
                vote -> vote.setGradientDigest(OTHER.toByteString()),
                vote -> vote.clearGradientDigest(),
                vote -> vote.setSignature(ByteString.copyFrom(new byte[64])),
                vote -> vote.clearSignature());
        assertThat(ballot.isValid(vote(0, RESULT))).isTrue();
        ballot.add(vote(0, RESULT));

        assertThat(changes)
                .noneMatch(change ->
                        ballot.isValid(change.apply(vote(0, RESULT).toBuilder()).build()));
    }

    /** Thousands in one message would hold up everything else here. */
    @Test
    void nothingIsVerifiedBehindWhatIsNoVote() {
        VoteMessage none = vote(1, RESULT).toBuilder().setMember(2).build();

        assertThat(ballot.addAll(List.of(vote(0, RESULT), none, vote(3, RESULT))))
                .isFalse();
        assertThat(ballot.voters()).containsExactly(0);

        assertThat(ballot.addAll(Collections.nCopies(5, vote(3, RESULT)))).isFalse();
        assertThat(ballot.voters()).containsExactly(0);

        assertThat(ballot.addAll(List.of(vote(0, RESULT), vote(0, OTHER), vote(3, RESULT))))
                .isTrue();
        assertThat(ballot.voters()).containsExactly(0, 3);
        assertThat(ballot.proofOf(RESULT)).hasSize(2);
    }
}
