package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.LiveSettings;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.VirtualSwarm;

/** Pausing, going on, changing settings and changing keys: what the authority says is done by every peer. */
class OrdersOfTheRunTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static VirtualSwarm swarm(int size, long targetBatchSize) {
        VirtualSwarm swarm = new VirtualSwarm("none", targetBatchSize);
        for (int i = 0; i < size; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        return swarm;
    }

    private static SignedOrder sign(VirtualSwarm swarm, Order order) {
        return SignedOrder.sign(order, swarm.authority.key());
    }

    private static Order pause(VirtualSwarm swarm, long number) {
        return new Order.Pause(VirtualSwarm.RUN, number, swarm.time.now(), "the data are wrong");
    }

    private static Order resume(VirtualSwarm swarm, long number) {
        return new Order.Resume(VirtualSwarm.RUN, number, swarm.time.now(), "the data are right");
    }

    @Test
    void aPausedRunHasNoRoundsUntilItIsResumed() {
        VirtualSwarm swarm = swarm(8, 800);
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();

        swarm.peers.get(3).node.submit(sign(swarm, pause(swarm, 1)));
        swarm.time.run(Duration.ofSeconds(10));
        Instant paused = swarm.time.now();
        swarm.time.run(MINUTE);

        assertThat(swarm.peers).allSatisfy(peer -> {
            assertThat(peer.node.isPaused()).isTrue();
            assertThat(peer.status().explanation()).isEqualTo("The authority has paused the run: the data are wrong");
            assertThat(peer.records).noneMatch(record -> record.startedAt().isAfter(paused));
        });

        swarm.peers.get(6).node.submit(sign(swarm, resume(swarm, 2)));
        long epoch = swarm.peers.get(0).epoch();

        assertThat(swarm.runToEpoch(epoch + 2, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(epoch + 2, MINUTE)).isTrue();
    }

    @Test
    void whoWasAwayWhenTheRunWasPausedAndResumedGoesOnWithTheOthers() {
        VirtualSwarm swarm = swarm(5, 500);
        assertThat(swarm.runToEpoch(1, MINUTE)).isTrue();
        VirtualSwarm.Peer away = swarm.peers.get(4);
        swarm.peers.forEach(peer -> {
            swarm.network.cut(peer.address, away.address);
            swarm.network.cut(away.address, peer.address);
        });
        swarm.peers.get(1).node.submit(sign(swarm, pause(swarm, 1)));
        swarm.time.run(Duration.ofSeconds(20));
        assertThat(away.node.isPaused()).isFalse();

        swarm.network.heal();
        assertThat(swarm.time.runUntil(away.node::isPaused, MINUTE)).isTrue();

        swarm.peers.get(2).node.submit(sign(swarm, resume(swarm, 2)));
        long epoch = swarm.peers.get(0).epoch();
        assertThat(swarm.runToAgreement(epoch + 2, Duration.ofMinutes(3))).isTrue();
    }

    @Test
    void aChangedBatchSizeAndCodecHoldForEveryPeer() {
        VirtualSwarm swarm = swarm(6, 300);
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        LiveSettings settings =
                new LiveSettings(1200, "float16", Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(30));

        swarm.peers.get(0).node.submit(sign(swarm, new Order.Change(VirtualSwarm.RUN, 1, swarm.time.now(), settings)));
        swarm.time.run(Duration.ofSeconds(10));
        Instant changed = swarm.time.now();
        VirtualSwarm.Peer witness = swarm.peers.get(5);
        long epoch = witness.epoch();
        assertThat(swarm.runToAgreement(epoch + 3, Duration.ofMinutes(2))).isTrue();

        assertThat(swarm.peers)
                .allSatisfy(peer ->
                        assertThat(LiveSettings.of(peer.node.configuration())).isEqualTo(settings));
        assertThat(witness.records)
                .filteredOn(record -> record.startedAt().isAfter(changed))
                .isNotEmpty()
                .allSatisfy(record -> assertThat(samples(record)).isGreaterThan(900));
    }

    /** How fast epochs may follow each other depends on their size, and leaders wait for it, lest their record be refused. */
    @Test
    void epochsOfALoweredBatchSizeMayFollowFaster() {
        VirtualSwarm swarm = new VirtualSwarm("none", 1000);
        swarm.addTrainer("account0", 500);
        swarm.addTrainer("account1", 500);
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        LiveSettings settings =
                new LiveSettings(50, "none", Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(30));

        swarm.peers.get(0).node.submit(sign(swarm, new Order.Change(VirtualSwarm.RUN, 1, swarm.time.now(), settings)));
        swarm.time.run(Duration.ofSeconds(2));
        long epoch = swarm.peers.get(1).epoch();
        swarm.time.run(Duration.ofSeconds(20));

        assertThat(swarm.peers.get(1).epoch() - epoch)
                .as(
                        "two peers of 1000 samples a second at most make two epochs of 1000 a second at most, and of 50 forty")
                .isGreaterThan(45);
        assertThat(swarm.peers.get(0).status().roundsVoid()).isZero();
    }

    /** A later version may know codecs that this one does not. */
    @Test
    void aChangeThatCannotBeFollowedLeavesThePeerAsItWas() {
        VirtualSwarm swarm = swarm(2, 100);
        LiveSettings unknown = new LiveSettings(
                100, "telepathy", Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(30));

        swarm.peers.get(0).node.submit(sign(swarm, new Order.Change(VirtualSwarm.RUN, 1, swarm.time.now(), unknown)));

        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        assertThat(swarm.peers.get(1).status().newestOrder()).isEqualTo(1);
        assertThat(swarm.peers.get(1).node.configuration().averaging().codec()).isEqualTo("none");
    }

    @Test
    void aNewKeyIsLearnedOfflineAndNothingOfADistrustedOneCounts() {
        VirtualSwarm swarm = swarm(4, 400);
        assertThat(swarm.runToEpoch(1, MINUTE)).isTrue();
        AuthorityKey old = swarm.authority.key();
        swarm.authority.rotate();
        Order trust = new Order.Trust(
                VirtualSwarm.RUN, 1, swarm.time.now(), swarm.authority.key().publicJwk());
        assertThat(submit(swarm, sign(swarm, pause(swarm, 1))))
                .as("before the new key is known")
                .isFalse();

        assertThat(submit(swarm, SignedOrder.sign(trust, old))).isTrue();
        swarm.time.run(Duration.ofSeconds(5));
        VirtualSwarm.Peer newcomer = swarm.addTrainer("newcomer", 20);

        assertThat(swarm.time.runUntil(
                        () -> swarm.peers.get(1).records.stream()
                                .anyMatch(record -> record.members().stream()
                                        .anyMatch(m -> m.peer().equals(newcomer.identity.id()))),
                        MINUTE))
                .as("a peer whose token the new key has signed takes part")
                .isTrue();
        swarm.authority.rotate();
        Order distrust = new Order.Distrust(VirtualSwarm.RUN, 2, swarm.time.now(), old.keyId(), "stolen");
        Order another = new Order.Trust(
                VirtualSwarm.RUN, 3, swarm.time.now(), swarm.authority.key().publicJwk());
        assertThat(submit(swarm, SignedOrder.sign(another, old)))
                .as("as long as the old key is trusted")
                .isTrue();
        assertThat(submit(swarm, sign(swarm, distrust))).isTrue();
        swarm.time.run(Duration.ofSeconds(5));

        assertThat(submit(swarm, SignedOrder.sign(pause(swarm, 4), old))).isFalse();
        assertThat(submit(swarm, sign(swarm, pause(swarm, 4)))).isTrue();
    }

    /** What a member who means harm can do with orders: pass on forged, changed, repeated ones, in any order. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void forgedChangedRepeatedAndShuffledOrdersChangeNothing(long seed) {
        Random random = new Random(seed);
        VirtualSwarm swarm = swarm(6, 1L << 40);
        swarm.time.run(Duration.ofSeconds(5));
        List<SignedOrder> genuine = new ArrayList<>();
        for (long number = 1; number <= 7; number += 2) {
            genuine.add(sign(swarm, pause(swarm, number)));
            genuine.add(sign(swarm, resume(swarm, number + 1)));
        }
        TestAuthority other = new TestAuthority(VirtualSwarm.RUN);
        for (int i = 0; i < 60; i++) {
            SignedOrder order = genuine.get(random.nextInt(genuine.size()));
            if (random.nextBoolean()) {
                order = SignedOrder.sign(pause(swarm, 1 + random.nextInt(20)), other.key());
            }
            swarm.peers.get(random.nextInt(6)).node.submit(order);
            swarm.time.run(Duration.ofMillis(random.nextInt(300)));
        }
        genuine.forEach(order -> swarm.peers.get(random.nextInt(6)).node.submit(order));
        swarm.time.run(Duration.ofSeconds(10));

        assertThat(swarm.peers).allSatisfy(peer -> {
            assertThat(peer.status().newestOrder()).isEqualTo(8);
            assertThat(peer.node.isPaused()).isFalse();
            assertThat(peer.status().peers()).hasSize(5);
        });
    }

    private static boolean submit(VirtualSwarm swarm, SignedOrder order) {
        var answer = swarm.peers.get(0).node.submit(order);
        swarm.time.run(Duration.ofMillis(100));
        if (answer.isCompletedExceptionally()) {
            assertThat(answer)
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .withCauseInstanceOf(InvalidOrderException.class);
            return false;
        }
        return true;
    }

    private static long samples(EpochRecord record) {
        return record.members().stream().mapToLong(EpochRecord.Member::samples).sum();
    }
}
