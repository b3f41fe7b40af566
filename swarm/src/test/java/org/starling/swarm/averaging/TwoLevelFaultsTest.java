package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;

/**
 * What can be wrong with a peer, or with two, in rounds of several subgroups: with the chair, with another leader, with a member. The
 * others end in one state and lose nothing.
 */
class TwoLevelFaultsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int PEERS = 20;

    /** Where a faulty peer stands, by the order in which everybody tries leaders. */
    enum Place {
        CHAIR(0),
        LEADER(1),
        MEMBER(PEERS - 1),
        ANOTHER_MEMBER(PEERS - 2);

        private final int rank;

        Place(int rank) {
            this.rank = rank;
        }

        boolean leads() {
            return this == CHAIR || this == LEADER;
        }
    }

    /** One peer's fault. */
    record Flaw(PeerFault fault, Place place) {
        boolean isPossible() {
            return place.leads() || !fault.isOfLeaders();
        }

        @Override
        public String toString() {
            return place + " " + fault;
        }
    }

    static Stream<Flaw> single() {
        return Stream.of(PeerFault.values())
                .flatMap(fault -> Stream.of(Place.CHAIR, Place.LEADER, Place.MEMBER)
                        .map(place -> new Flaw(fault, place))
                        .filter(Flaw::isPossible));
    }

    /** Half of the pairs of faults, in a pair of places each; with each turn the other half, and other places. */
    static Stream<Arguments> pairs() {
        PeerFault[] faults = PeerFault.values();
        return IntStream.range(0, faults.length)
                .boxed()
                .flatMap(first -> IntStream.range(first, faults.length)
                        .filter(second -> (first + second + FaultMatrixTest.TURN) % 2 == 0)
                        .mapToObj(second -> {
                            List<Arguments> possible = places(faults[first], faults[second]);
                            return possible.get((first * 7 + second + FaultMatrixTest.TURN / 2) % possible.size());
                        }));
    }

    private static List<Arguments> places(PeerFault one, PeerFault other) {
        return Stream.of(Place.values())
                .map(place -> new Flaw(one, place))
                .flatMap(flaw -> Stream.of(Place.values())
                        .filter(place -> place != flaw.place())
                        .filter(place -> flaw.place() != Place.ANOTHER_MEMBER)
                        .filter(place -> flaw.place() == Place.MEMBER || place != Place.ANOTHER_MEMBER)
                        .map(place -> new Flaw(other, place))
                        .filter(second -> isPossible(flaw, second))
                        .map(second -> Arguments.of(flaw, second)))
                .toList();
    }

    /**
     * Where a leader keeps its averages, its subgroup comes so late that members of others, who cannot ask those in it, may have given the
     * round up; with another fault beside it they lose what the others commit meanwhile.
     */
    private static boolean isPossible(Flaw one, Flaw other) {
        return Stream.of(one, other)
                .allMatch(flaw -> flaw.isPossible()
                        && !(flaw.fault() == PeerFault.KEEPS_AVERAGES
                                && flaw.place().leads()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("single")
    void theOthersEndInOneStateAndLoseNothing(Flaw one) {
        assertTheOthersEndInOneStateAndLoseNothing(List.of(one));
    }

    @ParameterizedTest(name = "{0} and {1}")
    @MethodSource("pairs")
    void theOthersEndInOneStateAndLoseNothingWhateverIsWrongWithTwo(Flaw one, Flaw other) {
        assertTheOthersEndInOneStateAndLoseNothing(List.of(one, other));
    }

    private static void assertTheOthersEndInOneStateAndLoseNothing(List<Flaw> flaws) {
        VirtualSwarm swarm = new VirtualSwarm("none", 5_000, 8);
        for (int i = 0; i < PEERS; i++) {
            swarm.addTrainer("account" + i, 40);
        }
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        List<Peer> ranked = ranked(swarm);
        List<Peer> healthy = swarm.peers.stream()
                .filter(peer -> flaws.stream().noneMatch(flaw -> ranked.get(flaw.place().rank) == peer))
                .toList();
        long epoch = healthy.get(0).epoch();
        Sabotage sabotage = new Sabotage(swarm);
        flaws.forEach(flaw -> sabotage.add(ranked.get(flaw.place().rank), flaw.fault()));
        sabotage.begin();
        swarm.network.inject(sabotage);

        assertThat(swarm.time.runUntil(() -> healthy.stream().allMatch(peer -> peer.epoch() > epoch), MINUTE))
                .as("the healthy go on")
                .isTrue();
        sabotage.lift();
        flaws.stream()
                .filter(flaw -> flaw.fault() == PeerFault.CANCELS)
                .forEach(flaw -> ranked.get(flaw.place().rank).kill());
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
