package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.JoinRoundRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.VotesMessage;

class TwoLevelRoundTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @ParameterizedTest
    @ValueSource(strings = {"none", "blockwise8", "size-adaptive"})
    void aSwarmOfManySubgroupsAveragesInOneRound(String codec) {
        VirtualSwarm swarm = new VirtualSwarm(codec, 10_000, 8);
        for (int i = 0; i < 40; i++) {
            swarm.addTrainer("account" + i, 50);
        }

        assertThat(swarm.runToEpoch(5, Duration.ofMinutes(3))).isTrue();

        assertThat(swarm.runToAgreement(5, MINUTE)).isTrue();
        List<EpochRecord> records = swarm.peers.get(0).records;
        assertThat(records).filteredOn(record -> record.epoch() >= 3).allSatisfy(record -> {
            assertThat(record.nextSubgroupsLog2()).isEqualTo(3);
            assertThat(record.members().size()).isEqualTo(40);
            assertThat(record.members())
                    .allSatisfy(member -> assertThat(member.samples()).isPositive());
        });
    }

    @Test
    void theAverageIsTheMeanOverAllMembersWeightedByTheirSamples() {
        VirtualSwarm swarm = new VirtualSwarm("none", 5_000, 8);
        for (int i = 0; i < 20; i++) {
            swarm.addTrainer("account" + i, 30 + i);
        }
        assertThat(swarm.runToEpoch(4, Duration.ofMinutes(3))).isTrue();
        assertThat(swarm.runToAgreement(4, MINUTE)).isTrue();
        swarm.network.inject((from, to, method, request) -> request instanceof JoinGroupRequest ? null : request);
        swarm.time.run(Duration.ofSeconds(2));
        VirtualSwarm.Peer one = swarm.peers.get(0);

        List<PeerId> ids = swarm.peers.stream().map(peer -> peer.identity.id()).toList();
        double[] expected = new double[VirtualSwarm.ELEMENTS];
        List<EpochRecord> history = one.records.stream()
                .filter(record -> record.epoch() <= one.epoch())
                .sorted(Comparator.comparingLong(EpochRecord::epoch))
                .toList();
        assertThat(history).hasSize((int) one.epoch());
        for (EpochRecord record : history) {
            double target = record.members().stream()
                            .mapToDouble(member -> (double) member.samples() * ids.indexOf(member.peer()))
                            .sum()
                    / record.samples();
            for (int i = 0; i < expected.length; i++) {
                expected[i] -= 0.1 * (expected[i] - target - i * 1e-3);
            }
        }
        float[] parameters = one.replica.parameters();
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) parameters[i]).isCloseTo(expected[i], within(1e-4));
        }
    }

    static Stream<Arguments> deaths() {
        return Stream.of(
                        JoinGroupRequest.class,
                        JoinRoundRequest.class,
                        PartRequest.class,
                        MeanRequest.class,
                        VotesMessage.class,
                        EpochRecordMessage.class)
                .flatMap(moment -> Stream.of(true, false)
                        .flatMap(caller -> Stream.of(true, false)
                                .map(silently -> Arguments.of(moment.getSimpleName(), moment, caller, silently))));
    }

    /** The caller is a member, a leader or a reducer; who is called is a leader, the chair, a reducer, a root or a teller. */
    @ParameterizedTest(name = "{0}, caller {2}, silently {3}")
    @MethodSource("deaths")
    void theOthersCommitWithoutAPeerThatDies(
            String name, Class<? extends Message> moment, boolean caller, boolean silently) {
        VirtualSwarm swarm = new VirtualSwarm("none", 5_000, 8);
        for (int i = 0; i < 20; i++) {
            swarm.addTrainer("account" + i, 40);
        }
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        Set<VirtualSwarm.Peer> dying = new LinkedHashSet<>();
        int[] seen = new int[1];
        swarm.network.inject((from, to, method, request) -> {
            if (moment.isInstance(request) && dying.isEmpty() && ++seen[0] == 4) {
                VirtualSwarm.Peer victim = swarm.peers.stream()
                        .filter(peer -> peer.address.equals(caller ? from : to))
                        .findFirst()
                        .orElseThrow();
                dying.add(victim);
                if (silently) {
                    victim.vanish();
                } else {
                    victim.kill();
                }
                return null;
            }
            return request;
        });
        assertThat(swarm.time.runUntil(() -> !dying.isEmpty(), MINUTE)).isTrue();
        long epoch = dying.iterator().next().epoch();

        assertThat(swarm.runToEpoch(epoch + 2, MINUTE.dividedBy(2))).isTrue();
        assertThat(swarm.runToAgreement(epoch + 2, MINUTE)).isTrue();

        assertThat(swarm.peers)
                .filteredOn(peer -> !dying.contains(peer))
                .allSatisfy(peer -> assertThat(peer.status().samplesLost()).isZero());
    }

    @Test
    void thoseWhoCanOnlyDialOutTakePartWhereverTheirSubgroupIs() {
        VirtualSwarm swarm = new VirtualSwarm("none", 5_000, 8);
        for (int i = 0; i < 5; i++) {
            swarm.addTrainer("reachable" + i, 40);
        }
        for (int i = 0; i < 15; i++) {
            swarm.addOutboundOnlyTrainer("hidden" + i, 40);
        }

        assertThat(swarm.runToEpoch(6, Duration.ofMinutes(3))).isTrue();

        assertThat(swarm.peers.get(0).records)
                .filteredOn(record -> record.epoch() >= 4)
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.members().size()).isEqualTo(20));
    }

    @Test
    void whoDoesNotFitInTakesPartInTheNextEpochAndCommitsNothingMeanwhile() {
        VirtualSwarm swarm = new VirtualSwarm("none", 2_000, 8);
        for (int i = 0; i < 12; i++) {
            swarm.addTrainer("account" + i, 50);
        }

        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();

        Set<Long> groups = new LinkedHashSet<>();
        swarm.peers.get(0).records.forEach(record -> {
            assertThat(groups.add(record.epoch())).isTrue();
        });
        assertThat(swarm.peers.get(0).records)
                .anySatisfy(record -> assertThat(record.members().size()).isEqualTo(12));
    }

    @Test
    void twoHundredPeersAverageInOneRound() {
        VirtualSwarm swarm = new VirtualSwarm("blockwise8", 20_000, 32);
        for (int i = 0; i < 200; i++) {
            swarm.addTrainer("account" + i, 10);
        }

        assertThat(swarm.runToEpoch(3, Duration.ofMinutes(5))).isTrue();

        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        swarm.time.run(Duration.ofSeconds(3));
        assertThat(swarm.peers.get(0).records)
                .filteredOn(record -> record.epoch() >= 3)
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.members().size()).isEqualTo(200));
    }
}
