package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.swarm.simulation.TrainerGroups.trainers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.virtual.Links;

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
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(
                        trainers("honest", 8 - liars, 0, null),
                        trainers("late", 2, 90, null),
                        trainers("liar", liars, 0, lie)),
                List.of(),
                Duration.ofMinutes(4));
    }
}
