package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.testing.VirtualSwarm;

class DeadlineTest {
    private final Map<Deadline, List<Double>> used = new EnumMap<>(Deadline.class);

    @Test
    void howCloseEachDeadlineWasIsTold() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }
        listenTo(swarm.peers.get(1));

        assertThat(swarm.runToEpoch(3, Duration.ofMinutes(1))).isTrue();

        // nobody is asked for a sign of life or for what others have, nobody helps, and no state is downloaded
        assertThat(used)
                .containsOnlyKeys(EnumSet.complementOf(EnumSet.of(
                        Deadline.SIGN_OF_LIFE,
                        Deadline.FETCHED_PART,
                        Deadline.OUTCOME,
                        Deadline.RESULT,
                        Deadline.OFFER,
                        Deadline.HISTORY,
                        Deadline.PROBE,
                        Deadline.STATE,
                        Deadline.STATE_CHUNK)));
        // there and back takes ten milliseconds, and six seconds are allowed
        assertThat(used.get(Deadline.PART))
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 6000, 0.2));
        assertThat(used.get(Deadline.MEETING)).hasSizeGreaterThanOrEqualTo(3);
        assertThat(used.get(Deadline.ROUND))
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 30_000, 0.2));
        assertThat(used.get(Deadline.VOTES))
                .allSatisfy(share -> assertThat(share).isLessThan(0.2));
    }

    @Test
    void whoeverDownloadsAStateHearsHowLongAChunkTakes() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }
        assertThat(swarm.runToEpoch(2, Duration.ofMinutes(1))).isTrue();
        listenTo(swarm.addTrainer("late", 50));

        assertThat(swarm.runToEpoch(4, Duration.ofMinutes(1))).isTrue();

        assertThat(used.get(Deadline.STATE_CHUNK))
                .isNotEmpty()
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 60_000, 0.1));
    }

    @Test
    void aDeadlineThatHasPassedIsToldToo() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }
        assertThat(swarm.runToEpoch(2, Duration.ofMinutes(1))).isTrue();
        listenTo(swarm.peers.get(0));
        swarm.network.inject((from, to, method, request) ->
                method.getFullMethodName().endsWith("/ExchangePart") && to.equals(swarm.peers.get(2).address)
                        ? null
                        : request);

        swarm.time.run(Duration.ofSeconds(30));

        assertThat(used.get(Deadline.PART))
                .anySatisfy(share -> assertThat(share).isGreaterThanOrEqualTo(1));
        assertThat(used.get(Deadline.SIGN_OF_LIFE)).isNotEmpty();
    }

    @Test
    void whoeverMeasuresItsLineHearsHowLongThatTakes() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        listenTo(swarm.peers.get(1));

        swarm.peers.get(1).node.probeLine();
        swarm.time.run(Duration.ofSeconds(10));

        // there and back takes ten milliseconds, and fifteen seconds are allowed
        assertThat(used.get(Deadline.PROBE))
                .isNotEmpty()
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 15_000, 0.1));
    }

    @Test
    void aHelperHearsHowLongItsOfferIsHeld() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        listenTo(swarm.addHelper("helper"));

        assertThat(swarm.runToEpoch(6, Duration.ofMinutes(1))).isTrue();

        // a round is due every other second, and an offer is held for a minute
        assertThat(used.get(Deadline.OFFER))
                .isNotEmpty()
                .allSatisfy(share -> assertThat(share).isLessThan(0.2));
        assertThat(used.get(Deadline.ROUND)).isNotEmpty();
    }

    @Test
    void whoeverLacksAResultThatTheOthersHaveHearsHowLongItTakesToGetIt() {
        VirtualSwarm swarm = new VirtualSwarm("none", 600);
        for (int i = 0; i < 6; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, Duration.ofMinutes(1))).isTrue();
        VirtualSwarm.Peer unlucky = swarm.peers.get(5);
        listenTo(unlucky);
        swarm.network.inject((from, to, method, request) -> {
            String call = method.getFullMethodName();
            boolean sends = from.equals(unlucky.address) && call.endsWith("/ExchangePart");
            boolean counts = to.equals(unlucky.address) && call.endsWith("/Vote");
            return sends || counts ? null : request;
        });

        assertThat(swarm.runToEpoch(4, Duration.ofMinutes(1))).isTrue();

        assertThat(used).containsKeys(Deadline.FETCHED_PART, Deadline.RESULT);
        assertThat(used.get(Deadline.RESULT))
                .allSatisfy(share -> assertThat(share).isLessThanOrEqualTo(1));
    }

    @Test
    void whoeverSignsARecordHearsHowSoonItHasItsSignatures() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            listenTo(swarm.addTrainer("account" + i, 50));
        }

        assertThat(swarm.runToAgreement(4, Duration.ofMinutes(1))).isTrue();

        // two of the three hand them to the third
        assertThat(used.get(Deadline.SIGNATURES))
                .hasSizeGreaterThanOrEqualTo(6)
                .allSatisfy(share -> assertThat(share).isLessThan(0.5));
    }

    @Test
    void whoeverAsksForAStateHearsHowLongItTook() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToAgreement(3, Duration.ofMinutes(1))).isTrue();
        VirtualSwarm.Peer asking = swarm.peers.get(2);
        listenTo(asking);

        CompletableFuture<?> fetched =
                asking.node.fetchState(asking.status().state().orElseThrow(), Duration.ofSeconds(10));

        assertThat(swarm.time.runUntil(fetched::isDone, Duration.ofMinutes(1))).isTrue();
        assertThat(used.get(Deadline.STATE))
                .singleElement()
                .satisfies(share -> assertThat(share).isLessThan(1));
    }

    private void listenTo(VirtualSwarm.Peer peer) {
        peer.node.addListener(new NodeListener() {
            @Override
            public void deadlineUsed(Deadline deadline, Duration took, Duration allowed) {
                used.computeIfAbsent(deadline, d -> new ArrayList<>()).add((double) took.toNanos() / allowed.toNanos());
            }
        });
    }
}
