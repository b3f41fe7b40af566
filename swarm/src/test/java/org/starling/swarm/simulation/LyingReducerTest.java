package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;

/** Swarms in which one member answers the others with averages that differ. */
class LyingReducerTest {
    private static final Duration LENGTH = Duration.ofMinutes(3);

    /** Found by seed 102: every round was void, for ever. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theOthersCommitAllTheSame(long seed) {
        Scenario scenario = new Scenario(
                "A lying reducer",
                new Scenario.Run(
                        600,
                        150,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Scenario.Network(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("honest", 5, null), trainers("liar", 1, Lie.REDUCE)),
                List.of(),
                Duration.ofMinutes(1));

        SimulationResult result = Simulation.run(
                scenario, new Simulation.Options(seed, 6, LENGTH, Duration.ofMinutes(1), progress -> {}));

        assertThat(result.violation()).isEmpty();
        // a batch takes ten seconds to compute
        assertThat(result.epochs()).isGreaterThan(9);
        assertThat(result.forks()).isEmpty();
    }

    private static PeerGroup trainers(String name, int number, @Nullable Lie lie) {
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
                Range.of(0),
                null,
                lie);
    }
}
