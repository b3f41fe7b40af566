package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;

class QuietMembershipTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long NEVER_DUE = 1L << 40;

    @BeforeAll
    static void rememberSignatures() {
        Ed25519.remember(100_000);
    }

    private static VirtualSwarm idleSwarm(int size) {
        VirtualSwarm swarm = new VirtualSwarm("none", NEVER_DUE);
        for (int i = 0; i < size; i++) {
            swarm.addTrainer("account" + i, 20);
            swarm.time.run(Duration.ofMillis(50));
        }
        return swarm;
    }

    /** Looks every tenth of a second; the condition costs too much to be looked at after each event. */
    private static boolean waitUntil(VirtualSwarm swarm, BooleanSupplier condition, Duration limit) {
        Instant end = swarm.time.now().plus(limit);
        while (!condition.getAsBoolean() && swarm.time.now().isBefore(end)) {
            swarm.time.run(Duration.ofMillis(100));
        }
        return condition.getAsBoolean();
    }

    private static boolean everybodyKnowsEverybody(VirtualSwarm swarm) {
        return swarm.peers.stream().allMatch(peer -> peer.status().peers().size() == swarm.peers.size() - 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 20, 100})
    void anIdlePeerSendsAndReceivesLessThanFiveKilobytesASecond(int size) {
        VirtualSwarm swarm = idleSwarm(size);
        assertThat(waitUntil(swarm, () -> everybodyKnowsEverybody(swarm), MINUTE))
                .isTrue();
        swarm.time.run(MINUTE);
        long before = total(swarm);

        swarm.time.run(Duration.ofMinutes(2));

        double bytesPerSecond = (total(swarm) - before) / 120.0 / size;
        assertThat(bytesPerSecond).isBetween(100.0, 5000.0);
        assertThat(everybodyKnowsEverybody(swarm)).isTrue();
    }

    private static long total(VirtualSwarm swarm) {
        return swarm.peers.stream().mapToLong(swarm::traffic).sum();
    }

    @Test
    void aJoinerKnowsEverybodyAndEverybodyKnowsItInTenSeconds() {
        VirtualSwarm swarm = idleSwarm(100);
        swarm.time.run(MINUTE);

        VirtualSwarm.Peer joiner = swarm.addTrainer("joiner", 20);
        Instant joined = swarm.time.now();
        assertThat(waitUntil(swarm, () -> joiner.status().peers().size() == 100, Duration.ofSeconds(10)))
                .isTrue();

        assertThat(waitUntil(swarm, () -> everybodyKnowsEverybody(swarm), Duration.ofSeconds(10)))
                .isTrue();
        assertThat(Duration.between(joined, swarm.time.now())).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aPeerThatVanishesCostsTheOthersOneMeetingWindow() {
        VirtualSwarm swarm = new VirtualSwarm("none", 1200);
        for (int i = 0; i < 12; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        VirtualSwarm.Peer vanishing = swarm.peers.get(7);
        VirtualSwarm.Peer witness = swarm.peers.get(3);
        vanishing.vanish();
        long epoch = witness.epoch();

        assertThat(swarm.runToEpoch(epoch + 4, MINUTE)).isTrue();
        swarm.time.run(Duration.ofSeconds(2));

        long late = 0;
        for (int i = 1; i < witness.records.size(); i++) {
            EpochRecord record = witness.records.get(i);
            Duration took = Duration.between(witness.records.get(i - 1).startedAt(), record.startedAt());
            if (record.epoch() > epoch && took.compareTo(Duration.ofSeconds(7)) > 0) {
                late++;
            }
        }
        assertThat(late).isLessThanOrEqualTo(1);
    }

    @Test
    void twoHalvesFindEachOtherAgainAfterALongCut() {
        VirtualSwarm swarm = idleSwarm(12);
        assertThat(waitUntil(swarm, () -> everybodyKnowsEverybody(swarm), MINUTE))
                .isTrue();
        for (VirtualSwarm.Peer a : swarm.peers.subList(0, 6)) {
            for (VirtualSwarm.Peer b : swarm.peers.subList(6, 12)) {
                swarm.network.cut(a.address, b.address);
                swarm.network.cut(b.address, a.address);
            }
        }
        swarm.time.run(Duration.ofMinutes(5));
        assertThat(swarm.peers)
                .allSatisfy(peer -> assertThat(peer.status().peers()).hasSize(5));

        swarm.network.heal();

        assertThat(waitUntil(swarm, () -> everybodyKnowsEverybody(swarm), MINUTE))
                .isTrue();
    }
}
