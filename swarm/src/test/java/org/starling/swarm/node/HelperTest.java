package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.PartReply;

/** Peers that compute nothing and reduce for the others. */
class HelperTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final List<GroupManifest> manifests = new ArrayList<>();
    private final List<PartReply> averages = new ArrayList<>();

    private VirtualSwarm swarm(String codec, int maxGroupSize, int reachable, int hidden, int helpers) {
        VirtualSwarm swarm = new VirtualSwarm(codec, 100L * (reachable + hidden), maxGroupSize);
        for (int i = 0; i < reachable; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        for (int i = 0; i < helpers; i++) {
            swarm.addHelper("helper" + i);
        }
        for (int i = 0; i < hidden; i++) {
            swarm.addOutboundOnlyTrainer("hidden" + i, 50);
        }
        swarm.network.inject(new Interference() {
            @Override
            public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                return request;
            }

            @Override
            public Message onReply(String caller, String answerer, Message request, Message reply) {
                if (reply instanceof GroupManifestMessage message && answerer.startsWith("host")) {
                    manifests.add(parse(message));
                } else if (reply instanceof PartReply part && answerer.startsWith("helper")) {
                    averages.add(part);
                }
                return reply;
            }
        });
        return swarm;
    }

    private static GroupManifest parse(GroupManifestMessage message) {
        try {
            return GroupManifest.parseFrom(message.getManifest());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private GroupManifest newest() {
        return manifests.get(manifests.size() - 1);
    }

    @Test
    void aHelperReducesASpanAndIsInNoRecord() {
        VirtualSwarm swarm = swarm("none", 64, 4, 0, 1);
        Peer helper = swarm.helpers.get(0);

        assertThat(swarm.runToAgreement(4, MINUTE)).isTrue();

        assertThat(newest().getHelpersList())
                .extracting(member -> member.getPublicKey().toByteArray())
                .containsExactly(helper.identity.publicKey());
        assertThat(newest().getSpansList())
                .anySatisfy(span -> assertThat(span.getReducers(0)).isEqualTo(4));
        assertThat(averages)
                .isNotEmpty()
                .allSatisfy(part -> assertThat(part.getRoot()).isEqualTo(4));
        assertThat(swarm.peers.get(0).records)
                .allSatisfy(record -> assertThat(record.members())
                        .extracting(EpochRecord.Member::peer)
                        .doesNotContain(helper.identity.id()));
        assertThat(swarm.peers)
                .allSatisfy(peer -> assertThat(peer.status().roundsVoid()).isZero());
    }

    @Test
    void everyGradientIsInTheAveragesOfAHelper() {
        VirtualSwarm swarm = swarm("blockwise8", 64, 5, 1, 2);

        assertThat(swarm.runToAgreement(5, MINUTE)).isTrue();

        assertThat(swarm.peers.get(0).records)
                .filteredOn(record -> record.epoch() >= 3)
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.members())
                        .hasSize(6)
                        .allSatisfy(member -> assertThat(member.samples()).isPositive()));
        assertThat(newest().getHelpersCount()).isEqualTo(2);
    }

    @Test
    void aHelperTakesNobodysPlace() {
        VirtualSwarm swarm = swarm("none", 4, 4, 0, 3);

        assertThat(swarm.runToAgreement(4, MINUTE)).isTrue();

        assertThat(swarm.peers.get(0).records)
                .filteredOn(record -> record.epoch() == 3)
                .allSatisfy(record -> assertThat(record.members()).hasSize(4));
    }

    /** Else the next in line would hold the offer until its own meeting ends, and the round would begin without the helper. */
    @Test
    void aLeaderThatIsNotAsFarYetIsAskedAgain() {
        VirtualSwarm swarm = swarm("none", 64, 4, 0, 1);
        Map<Long, List<String>> asked = new TreeMap<>();
        swarm.network.inject((from, to, method, request) -> {
            if (from.startsWith("helper") && request instanceof JoinGroupRequest offer) {
                long epoch = offer.getRound().getEpoch();
                List<String> leaders = asked.computeIfAbsent(epoch, e -> new ArrayList<>());
                leaders.add(to);
                if (leaders.size() == 1) {
                    return offer.toBuilder()
                            .setRound(offer.getRound().toBuilder().setEpoch(epoch + 1))
                            .build();
                }
            }
            return request;
        });

        assertThat(swarm.runToAgreement(4, MINUTE)).isTrue();

        for (long epoch : List.of(2L, 3L)) {
            List<String> leaders = asked.getOrDefault(epoch, List.of());
            assertThat(leaders).hasSizeGreaterThan(1);
            assertThat(Set.copyOf(leaders)).hasSize(1);
        }
    }

    @Test
    void whereTheCodecDependsOnTheModelNobodyHelps() {
        VirtualSwarm swarm = swarm("size-adaptive", 64, 3, 0, 1);

        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();

        assertThat(manifests)
                .allSatisfy(manifest -> assertThat(manifest.getHelpersList()).isEmpty());
    }

    @Test
    void theOthersGoOnWithoutAHelperThatDies() {
        VirtualSwarm swarm = swarm("none", 64, 4, 1, 1);
        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        assertThat(newest().getHelpersCount()).isEqualTo(1);
        swarm.helpers.get(0).kill();

        assertThat(swarm.runToAgreement(6, MINUTE)).isTrue();

        assertThat(swarm.peers).allSatisfy(peer -> {
            assertThat(peer.status().samplesLost()).isZero();
            assertThat(peer.status().roundsVoid()).isZero();
        });
    }
}
