package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;

/** What can be wrong with a peer, in rounds of several subgroups: with the chair, with another leader, with a member. */
class TwoLevelFaultsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int PEERS = 20;

    /** Where a faulty peer stands, by the order in which everybody tries leaders. */
    enum Place {
        CHAIR(0),
        LEADER(1),
        MEMBER(PEERS - 1);

        private final int rank;

        Place(int rank) {
            this.rank = rank;
        }
    }

    static Stream<Arguments> cells() {
        return Stream.of(PeerFault.values())
                .flatMap(fault -> Stream.of(Place.values())
                        .filter(place -> place != Place.MEMBER || !fault.isOfLeaders())
                        .map(place -> Arguments.of(fault, place)));
    }

    @ParameterizedTest(name = "{1} {0}")
    @MethodSource("cells")
    void theOthersEndInOneStateAndLoseNothing(PeerFault fault, Place place) {
        VirtualSwarm swarm = new VirtualSwarm("none", 5_000, 8);
        for (int i = 0; i < PEERS; i++) {
            swarm.addTrainer("account" + i, 40);
        }
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        Peer faulty = ranked(swarm).get(place.rank);
        List<Peer> healthy = swarm.peers.stream().filter(peer -> peer != faulty).toList();
        long epoch = healthy.get(0).epoch();
        Sabotage sabotage = new Sabotage(swarm.time);
        sabotage.add(faulty, fault);
        sabotage.begin();
        swarm.network.inject(sabotage);

        assertThat(swarm.time.runUntil(() -> healthy.stream().allMatch(peer -> peer.epoch() > epoch), MINUTE))
                .as("the healthy go on")
                .isTrue();
        sabotage.lift();
        if (fault == PeerFault.CANCELS) {
            faulty.kill();
        }
        assertThat(swarm.runToEpoch(epoch + 3, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(epoch + 3, MINUTE)).isTrue();

        assertThat(healthy)
                .allSatisfy(peer -> assertThat(peer.status().samplesLost())
                        .as("lost by %s", peer.address)
                        .isZero());
    }

    private static List<Peer> ranked(VirtualSwarm swarm) {
        Peer witness = swarm.peers.get(0);
        RoundKey next = new RoundKey(
                witness.status().generation(),
                witness.epoch(),
                witness.digest(),
                witness.status().headId());
        return swarm.peers.stream()
                .sorted(Comparator.comparing(peer -> next.rank(peer.identity.id())))
                .toList();
    }
}
