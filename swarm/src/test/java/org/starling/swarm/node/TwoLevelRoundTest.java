package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;

class TwoLevelRoundTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @ParameterizedTest
    @ValueSource(strings = {"none", "blockwise8"})
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
}
