package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;

/** Swarms in which some make up records: on the newest ones, on old ones, and out of nothing. */
class ForgedChainsTest {
    private static final Duration LENGTH = Duration.ofMinutes(5);

    @ParameterizedTest
    @CsvSource({"FORGE,1,1", "FORGE,2,2", "FORGE,2,8", "REPLAY,1,3"})
    void honestPeersStayOnTheirChainAndGoOnCommitting(Lie lie, int liars, long seed) {
        SimulationResult result = Simulation.run(
                scenario(lie, liars), new Simulation.Options(seed, 10, LENGTH, Duration.ofMinutes(1), progress -> {}));

        assertThat(result.violation()).isEmpty();
        // a batch takes some six seconds to compute
        assertThat(result.epochs()).isGreaterThan(25);
        assertThat(result.samples().committed()).isGreaterThan(result.samples().computed() * 9 / 10);
    }

    private static Scenario scenario(Lie lie, int liars) {
        return new Scenario(
                lie + " by " + liars + " of 10",
                new Scenario.Run(
                        600,
                        0,
                        20,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Scenario.Network(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(
                        trainers("honest", 8 - liars, Range.of(0), null),
                        trainers("late", 2, Range.of(90), null),
                        trainers("liar", liars, Range.of(0), lie)),
                List.of(),
                Duration.ofMinutes(4));
    }

    private static PeerGroup trainers(String name, int number, Range joins, @Nullable Lie lie) {
        return new PeerGroup(
                name,
                number,
                Role.TRAINER,
                "north",
                Range.of(10),
                Range.of(2e6),
                Range.of(1e7),
                1,
                Range.of(1),
                Range.of(0),
                joins,
                null,
                lie);
    }
}
