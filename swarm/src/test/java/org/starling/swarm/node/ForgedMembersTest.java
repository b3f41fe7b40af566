package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Two of three members are a quorum: they can say of the third that it was with them. */
class ForgedMembersTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final ByteString FORGED = ByteString.copyFrom(Hashes.sha256(new byte[] {1}));

    private final VirtualSwarm swarm = new VirtualSwarm("none", 600);
    private Peer observer;
    private Peer victim;
    private List<Peer> liars;

    @BeforeEach
    void run() {
        for (int i = 0; i < 6; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, MINUTE)).isTrue();
        observer = swarm.peers.get(1);
        victim = swarm.peers.get(2);
        liars = swarm.peers.subList(4, 6);
    }

    private EpochRecordBody.Builder afterTheHead() {
        EpochRecord head = observer.records.get(observer.records.size() - 1);
        return EpochRecordBody.newBuilder()
                .setRun(victim.caller.token().run())
                .setGeneration(head.generation())
                .setEpoch(head.epoch() + 1)
                .setParent(head.id().toByteString())
                .setStateBefore(head.stateAfter().toByteString())
                .setTotalSamples(head.totalSamples() + 3)
                .setStartedAtMillis(swarm.time.now().toEpochMilli());
    }

    /** Hands the record to the observer with the signatures of those who have made it up. */
    private void tell(EpochRecordBody.Builder body) {
        tell(body, List.of(liars.get(0), liars.get(1), victim), liars);
    }

    private EpochRecord tell(EpochRecordBody.Builder body, List<Peer> members, List<Peer> signers) {
        for (Peer member : members) {
            body.addMembers(Contribution.newBuilder()
                    .setPublicKey(ByteString.copyFrom(member.identity.publicKey()))
                    .setAccountId(member.caller.token().accountId())
                    .setAccountName(member.caller.token().accountName())
                    .setSamples(1));
        }
        EpochRecord record = EpochRecord.of(
                body.setGradientDigest(FORGED).setStateAfter(FORGED).build());
        EpochRecordMessage.Builder message = EpochRecordMessage.newBuilder().setBody(record.bytes());
        for (Peer liar : signers) {
            message.addSignatures(EpochRecords.sign(record, liar.identity).getSignatures(0));
        }
        observer.node.handler().handle(liars.get(0).caller, SwarmGrpc.getSignRecordMethod(), message.build());
        swarm.time.run(Duration.ofMillis(5));
        assertThat(observer.records).contains(record);
        return record;
    }

    private Progress believedOf(Peer peer) {
        swarm.time.run(Duration.ofSeconds(1));
        return Objects.requireNonNull(observer.status().peers().stream()
                .filter(known -> known.id().equals(peer.identity.id()))
                .findFirst()
                .orElseThrow()
                .progress());
    }

    @Test
    void nobodyIsMovedToAGenerationThatNobodyHasOrdered() {
        tell(afterTheHead().setGeneration(1L << 40).setParent(Digest.ZERO.toByteString()));

        assertThat(believedOf(victim).getGeneration()).isZero();
        assertThat(believedOf(liars.get(0)).getGeneration()).isZero();
    }

    @Test
    void whoeverHasNotSignedIsNotMovedToAPlaceThatHangsInTheAir() {
        tell(afterTheHead().setEpoch(1L << 40).setParent(FORGED));

        assertThat(believedOf(victim).getEpoch()).isLessThan(1L << 40);
    }

    @Test
    void whoeverHasNotSignedIsNotMovedOntoAForkThatNobodyElseFollows() {
        tell(afterTheHead());

        assertThat(believedOf(victim).getStateDigest()).isNotEqualTo(FORGED);
    }

    /** Else one liar could keep everybody busy. */
    @Test
    void aRecordOfAFewIsNotPushedToEverybodyByWhoeverIsToldOfIt() {
        List<ByteString> pushed = new ArrayList<>();
        swarm.network.inject((from, to, method, request) -> {
            if (from.equals(observer.address) && request instanceof GossipRequest gossip) {
                gossip.getRecordsList().forEach(record -> pushed.add(record.getBody()));
            }
            return request;
        });

        EpochRecord forged =
                tell(afterTheHead().setTotalSamples(0).setParent(FORGED), liars.subList(0, 1), liars.subList(0, 1));
        swarm.time.run(Duration.ofSeconds(1));

        assertThat(pushed).doesNotContain(forged.bytes());
    }

    /** A record is passed on with a quorum of signatures; the other members stand there, too. */
    @Test
    void whoeverFollowsARecordKnowsThatAllOfItsMembersStandThere() {
        Peer onlooker = swarm.addHelper("onlooker");
        assertThat(swarm.runToAgreement(observer.epoch() + 2, MINUTE)).isTrue();
        long epoch = observer.epoch();

        assertThat(swarm.time.runUntil(
                        () -> onlooker.status().peers().stream()
                                        .filter(peer -> peer.progress() != null
                                                && peer.progress().getEpoch() >= epoch)
                                        .count()
                                >= 6,
                        Duration.ofMillis(500)))
                .isTrue();
    }
}
