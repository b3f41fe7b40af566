package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.RoundKey;
import org.starling.swarm.wire.proto.SwarmGrpc;

class SwarmNodeTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @ParameterizedTest
    @ValueSource(strings = {"none", "float16", "uniform8", "blockwise8", "blockwise4", "size-adaptive"})
    void threeTrainersCommitTheSameStates(String codec) {
        VirtualSwarm swarm = new VirtualSwarm(codec, 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }

        assertThat(swarm.runToEpoch(5, MINUTE)).isTrue();

        assertThat(swarm.runToAgreement(5, MINUTE)).isTrue();
        swarm.time.run(Duration.ofSeconds(1));
        List<EpochRecord> records = swarm.peers.get(0).records;
        assertThat(records).hasSizeGreaterThanOrEqualTo(5);
        EpochRecord last = records.get(records.size() - 1);
        assertThat(last.members()).hasSize(3);
        assertThat(last.samples()).isBetween(290L, 420L);
        assertThat(swarm.peers)
                .allSatisfy(peer -> assertThat(peer.status().roundsVoid()).isZero());
    }

    @Test
    void errorFeedbackBringsWhatFourBitsLeaveOut() {
        double without = spreadAfterTraining(false);
        double with = spreadAfterTraining(true);

        assertThat(with).isLessThan(without / 2);
    }

    /** How unlike the elements are learned whose minima differ by their index alone, whatever the members' weights are. */
    private static double spreadAfterTraining(boolean errorFeedback) {
        VirtualSwarm swarm = new VirtualSwarm("blockwise4", 300, 64, errorFeedback);
        // nearly all gradients are sent, for whoever cannot be reached reduces nothing
        swarm.addTrainer("reachable", 5);
        swarm.addOutboundOnlyTrainer("hidden", 80);
        swarm.addOutboundOnlyTrainer("hidden too", 80);
        assertThat(swarm.runToEpoch(120, MINUTE.multipliedBy(10))).isTrue();
        float[] parameters = swarm.peers.get(0).replica.parameters();
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < parameters.length; i++) {
            double learned = parameters[i] - i * 1e-3;
            sum += learned;
            squares += learned * learned;
        }
        double mean = sum / parameters.length;
        return Math.sqrt(squares / parameters.length - mean * mean);
    }

    @Test
    void aDefectIsReportedAndThePeerGoesOn() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        swarm.peers.get(1).gradients.spoilNext();

        assertThatThrownBy(() -> swarm.runToEpoch(4, MINUTE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("A gradient of 1 elements");

        assertThat(swarm.runToAgreement(6, MINUTE)).isTrue();
    }

    /** Whoever leads next would stop all the others, for it leads until there is a commit. */
    @Test
    void onePeerThatRefusesEverybodyDoesNotStopTheOthers() {
        VirtualSwarm swarm = new VirtualSwarm("none", 200);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        VirtualSwarm.Peer idle = swarm.addTrainer("idle", 0);
        int[] refused = new int[1];
        swarm.network.inject((from, to, method, request) -> {
            if (to.equals(idle.address) && request instanceof JoinGroupRequest claim) {
                refused[0]++;
                RoundKey before = claim.getRound().toBuilder()
                        .setEpoch(claim.getRound().getEpoch() - 1)
                        .build();
                return claim.toBuilder().setRound(before).build();
            }
            return request;
        });

        assertThat(swarm.runToEpoch(12, MINUTE.multipliedBy(10))).isTrue();

        assertThat(refused[0]).isGreaterThan(10);
    }

    @Test
    void aTrainerThatIsAloneCommitsAlone() {
        VirtualSwarm swarm = new VirtualSwarm("none", 100);
        swarm.addTrainer("hermit", 100);

        assertThat(swarm.runToEpoch(10, MINUTE)).isTrue();
    }

    @Test
    void aLateJoinerDownloadsTheStateAndTakesPart() {
        VirtualSwarm swarm = new VirtualSwarm("blockwise8", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(5, MINUTE)).isTrue();

        VirtualSwarm.Peer late = swarm.addTrainer("late", 50);

        assertThat(swarm.runToAgreement(8, MINUTE)).isTrue();
        assertThat(swarm.runToEpoch(late.epoch() + 3, MINUTE)).isTrue();
        assertThat(late.status().roundsCommitted()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"0,false", "1,false", "2,false", "0,true", "1,true", "2,true"})
    void theOthersCommitTheEpochWithoutAPeerThatDiesInTheMiddleOfARound(int victim, boolean silently) {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        VirtualSwarm.Peer dying = swarm.peers.get(victim);
        int[] parts = new int[1];
        swarm.network.inject((from, to, method, request) -> {
            if (request instanceof PartRequest && from.equals(dying.address) && ++parts[0] == 3) {
                if (silently) {
                    dying.vanish();
                } else {
                    dying.kill();
                }
                return null;
            }
            return request;
        });
        assertThat(swarm.time.runUntil(() -> dying.scheduler.isStopped(), MINUTE))
                .isTrue();
        long epoch = dying.epoch();

        assertThat(swarm.runToAgreement(epoch + 1, Duration.ofSeconds(silently ? 20 : 8)))
                .isTrue();
        assertThat(swarm.runToEpoch(epoch + 3, MINUTE)).isTrue();

        assertThat(swarm.peers)
                .filteredOn(peer -> peer != dying)
                .allSatisfy(peer -> assertThat(peer.status().samplesLost()).isZero());
    }

    @Test
    void aPeerThatCanOnlyDialOutContributesAndReceives() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        swarm.addTrainer("reachable", 50);
        swarm.addTrainer("reachable too", 50);
        VirtualSwarm.Peer hidden = swarm.addOutboundOnlyTrainer("hidden", 50);

        assertThat(swarm.runToEpoch(5, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(5, MINUTE)).isTrue();

        assertThat(hidden.status().roundsCommitted()).isGreaterThanOrEqualTo(4);
        EpochRecord last = hidden.records.get(hidden.records.size() - 1);
        assertThat(last.members()).anySatisfy(member -> {
            assertThat(member.peer()).isEqualTo(hidden.identity.id());
            assertThat(member.samples()).isPositive();
        });
    }

    @Test
    void aForkHealsTowardsTheHeavierSide() {
        VirtualSwarm swarm = new VirtualSwarm("none", 200);
        for (int i = 0; i < 5; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        List<VirtualSwarm.Peer> left = swarm.peers.subList(0, 2);
        List<VirtualSwarm.Peer> right = swarm.peers.subList(2, 5);
        left.forEach(l -> right.forEach(r -> {
            swarm.network.cut(l.address, r.address);
            swarm.network.cut(r.address, l.address);
        }));
        swarm.time.run(Duration.ofSeconds(40));
        assertThat(left.get(0).digest()).isNotEqualTo(right.get(0).digest());

        swarm.network.heal();

        assertThat(swarm.runToAgreement(right.get(0).epoch(), MINUTE)).isTrue();
    }

    @Test
    void aForkHealsThatIsLongerThanWhatGossipBrings() {
        VirtualSwarm swarm = new VirtualSwarm("none", 100);
        for (int i = 0; i < 7; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        // so long that it is known what everybody computes; else the weight of the two sides is a matter of chance
        assertThat(swarm.runToEpoch(40, MINUTE)).isTrue();
        List<VirtualSwarm.Peer> left = swarm.peers.subList(0, 3);
        List<VirtualSwarm.Peer> right = swarm.peers.subList(3, 7);
        left.forEach(l -> right.forEach(r -> {
            swarm.network.cut(l.address, r.address);
            swarm.network.cut(r.address, l.address);
        }));
        assertThat(swarm.time.runUntil(() -> left.get(0).epoch() > 150, Duration.ofMinutes(10)))
                .isTrue();

        swarm.network.heal();
        EpochRecord ofTheMany = right.get(0).records.get(right.get(0).records.size() - 1);

        assertThat(swarm.runToAgreement(right.get(0).epoch() + 3, MINUTE)).isTrue();
        swarm.time.run(Duration.ofSeconds(5));
        List<EpochRecord> history = new ArrayList<>();
        left.get(0).node.fetchHistory(left.get(0).status().headId(), 100).thenAccept(history::addAll);
        swarm.time.run(Duration.ofSeconds(1));
        assertThat(history).contains(ofTheMany);
    }

    @Test
    void aRollbackTakesEveryPeerToTheOrderedState() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        VirtualSwarm.Peer keeper = swarm.peers.get(0);
        StateReference early = keeper.status().state().orElseThrow();
        StateSnapshot kept = StateSnapshot.copyOf(keeper.replica.state());
        assertThat(swarm.runToEpoch(early.epoch() + 3, MINUTE)).isTrue();

        keeper.node.serve(early, kept);
        keeper.node.submit(SignedOrder.sign(
                new Order.Rollback(VirtualSwarm.RUN, 1, swarm.time.now(), 1, early), swarm.authority.key()));

        assertThat(swarm.time.runUntil(
                        () -> swarm.peers.stream().allMatch(p -> p.status().generation() == 1), MINUTE))
                .isTrue();
        assertThat(swarm.runToAgreement(early.epoch() + 2, MINUTE)).isTrue();
        EpochRecord first = keeper.records.stream()
                .filter(r -> r.generation() == 1)
                .findFirst()
                .orElseThrow();
        assertThat(first.stateBefore()).isEqualTo(early.digest());
        assertThat(first.epoch()).isEqualTo(early.epoch() + 1);
    }

    @Test
    void nonsenseFromOnePeerDoesNotKeepTheOthersFromCommitting() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 4; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        String liar = swarm.peers.get(3).address;
        swarm.network.inject((from, to, method, request) -> from.equals(liar) && request instanceof PartRequest part
                ? part.toBuilder()
                        .setPayload(com.google.protobuf.ByteString.copyFrom(
                                new byte[part.getPayload().size() - 1]))
                        .build()
                : request);

        assertThat(swarm.runToEpoch(6, Duration.ofMinutes(2))).isTrue();
    }

    @Test
    void lostCallsCostTimeButNotAgreement() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 4; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        java.util.Random random = new java.util.Random(7);
        MethodDescriptor<?, ?> gossip = SwarmGrpc.getGossipMethod();
        swarm.network.inject(
                (from, to, method, request) -> random.nextInt(method.equals(gossip) ? 10 : 200) == 0 ? null : request);

        assertThat(swarm.runToEpoch(5, Duration.ofMinutes(5))).isTrue();
        swarm.network.inject(null);
        assertThat(swarm.runToAgreement(6, Duration.ofMinutes(2))).isTrue();
    }
}
