package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.AverageStatement;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.VoteMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/** What is forged is taken for genuine as far as signatures go; else those who try it would try nothing. */
class ForgerTest {
    private static final ByteString SOME_DIGEST = ByteString.copyFrom(new byte[Digest.BYTES]);
    private static final RoundKey ROUND = new RoundKey(0, 1, Digest.ZERO, Digest.ZERO);

    private final VirtualSwarm swarm = new VirtualSwarm("none", 300);
    private final List<Group> groups = new ArrayList<>();
    private Peer peer;
    private Group group;
    private Forger forger;

    @BeforeEach
    void averageOnce() {
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        swarm.network.inject(Interference.hearing(reply -> {
            if (reply instanceof GroupManifestMessage manifest) {
                groups.add(Forger.group(manifest));
            }
        }));
        assertThat(swarm.runToEpoch(2, Duration.ofMinutes(1))).isTrue();
        peer = swarm.peers.get(1);
        group = groups.get(groups.size() - 1);
        forger = new Forger(peer.identity, peer.caller.token(), Optional.of(group), ROUND, Instant.EPOCH);
    }

    @Test
    void itsVotesAreThoseOfTheMember() {
        VotesMessage forged = (VotesMessage) forger.forge(VotesMessage.newBuilder()
                .addVotes(VoteMessage.newBuilder().setMember(77).setGradientDigest(SOME_DIGEST))
                .build());

        assertThat(forged.getGroupId()).isEqualTo(group.id());
        assertThat(forged.getVotes(0).getMember()).isEqualTo(group.indexOf(peer.identity.id()));
        assertThat(new Ballot(group, 2).isValid(forged.getVotes(0))).isTrue();
    }

    @Test
    void whatItSaysOfAnAverageIsSignedByTheRoot() {
        int part = group.parts().stream()
                .filter(candidate -> candidate.roots().contains(group.indexOf(peer.identity.id())))
                .findFirst()
                .orElseThrow()
                .index();

        AverageStatement forged = (AverageStatement) forger.forge(
                AverageStatement.newBuilder().setPart(part).setHash(SOME_DIGEST).build());

        assertThat(SignedAverage.of(forged).isValid(group)).isTrue();
    }

    @Test
    void itsClaimIsRefusedForWhatItSaysOnly() {
        JoinGroupRequest.Builder claim = JoinGroupRequest.newBuilder()
                .setBandwidth(1)
                .setSamples(5)
                .setGradientElements(VirtualSwarm.ELEMENTS)
                .setNonce(ByteString.copyFrom(new byte[Claim.NONCE_BYTES]));

        assertThat(verified(claim).request().getRound()).isEqualTo(ROUND.toMessage());
        assertThatThrownBy(() -> verified(claim.clone().setSamples(0)))
                .isInstanceOf(RefusalException.class)
                .hasMessageContaining("A claim of 0 samples");
        assertThatThrownBy(() -> verified(claim.clone().setBandwidth(Double.MIN_VALUE)))
                .isInstanceOf(RefusalException.class)
                .hasMessageContaining("with 4.9E-324 bytes a second");
    }

    private Claim verified(JoinGroupRequest.Builder claim) {
        return new Claim(
                        peer.caller.token(),
                        ByteString.copyFrom(peer.identity.publicKey()),
                        peer.address,
                        (JoinGroupRequest) forger.forge(claim.build()))
                .verify(VirtualSwarm.ELEMENTS, swarm.limits());
    }
}
