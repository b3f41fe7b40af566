package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

class RecordSigningTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void aRecordIsAnnouncedOnceAndNotByEachOfItsMembers() {
        // the first epoch is due once all know each other; before that, two groups could meet and make two records of
        // it
        VirtualSwarm swarm = new VirtualSwarm("none", 12_000);
        for (int i = 0; i < 40; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        Map<Digest, Integer> pushes = new LinkedHashMap<>();
        swarm.network.inject((from, to, method, request) -> {
            if (request instanceof GossipRequest gossip) {
                for (EpochRecordMessage record : gossip.getRecordsList()) {
                    pushes.merge(EpochRecord.idOf(record.getBody()), 1, Integer::sum);
                }
            }
            return request;
        });

        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        swarm.time.run(Duration.ofSeconds(5));

        assertThat(pushes).hasSizeGreaterThanOrEqualTo(3);
        assertThat(pushes.values()).allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(3 * 40));
        List<Digest> first = swarm.peers.get(0).records.stream()
                .filter(record -> record.epoch() <= 3)
                .map(EpochRecord::id)
                .toList();
        assertThat(first).hasSize(3);
        assertThat(swarm.peers)
                .allSatisfy(peer ->
                        assertThat(peer.records).extracting(EpochRecord::id).containsAll(first));
    }

    /** Found by seed 244 of the second edition: each failure turned to the next teller, and so did the time; twice as many each time. */
    @Test
    void eachTellerIsToldThreeTimesAtMostWhereNoneAnswers() {
        VirtualSwarm swarm = new VirtualSwarm("none", 400);
        for (int i = 0; i < 7; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        Map<String, Integer> told = new LinkedHashMap<>();
        swarm.network.inject((from, to, method, request) -> {
            if (method.equals(SwarmGrpc.getSignRecordMethod())) {
                Digest id = EpochRecord.idOf(((EpochRecordMessage) request).getBody());
                told.merge(from + " tells " + to + " of " + id, 1, Integer::sum);
                return null;
            }
            return request;
        });

        swarm.time.run(MINUTE);

        assertThat(told).hasSizeGreaterThan(20);
        assertThat(told).allSatisfy((what, times) -> assertThat(times).as(what).isLessThanOrEqualTo(3));
    }

    /** Found by seeds 40 and 279 of the second edition: of two members one has the other as its only teller. */
    @Test
    void aLostCallDoesNotKeepARecordFromBecomingFinal() {
        VirtualSwarm swarm = new VirtualSwarm("none", 200);
        for (int i = 0; i < 2; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        Digest[] lost = new Digest[1];
        swarm.network.inject((from, to, method, request) -> {
            if (method.equals(SwarmGrpc.getSignRecordMethod()) && lost[0] == null) {
                lost[0] = EpochRecord.idOf(((EpochRecordMessage) request).getBody());
                return null;
            }
            return request;
        });

        assertThat(swarm.time.runUntil(
                        () -> lost[0] != null
                                && swarm.peers.stream()
                                        .allMatch(peer -> peer.records.stream()
                                                .anyMatch(record -> record.id().equals(lost[0]))),
                        MINUTE))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTellerThatDiesDoesNotKeepARecordFromBecomingFinal(boolean silently) {
        VirtualSwarm swarm = new VirtualSwarm("none", 400);
        for (int i = 0; i < 7; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        Digest[] pending = new Digest[1];
        swarm.network.inject((from, to, method, request) -> {
            if (method.equals(SwarmGrpc.getSignRecordMethod()) && pending[0] == null) {
                pending[0] = EpochRecord.idOf(((EpochRecordMessage) request).getBody());
                VirtualSwarm.Peer teller = swarm.peers.stream()
                        .filter(peer -> peer.address.equals(to))
                        .findFirst()
                        .orElseThrow();
                if (silently) {
                    teller.vanish();
                } else {
                    teller.kill();
                }
                return null;
            }
            return request;
        });

        List<VirtualSwarm.Peer> peers = swarm.peers;
        assertThat(swarm.time.runUntil(
                        () -> pending[0] != null
                                && peers.stream()
                                        .filter(peer -> !peer.scheduler.isStopped())
                                        .allMatch(peer -> peer.records.stream()
                                                .anyMatch(record -> record.id().equals(pending[0]))),
                        MINUTE))
                .isTrue();
        assertThat(peers).filteredOn(peer -> peer.scheduler.isStopped()).hasSize(1);
    }
}
