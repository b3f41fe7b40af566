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

/** Swarms in which a reducer, or a root of subgroups, tells those whom it answers different things. */
class LyingReducerTest {
    private static final Duration LENGTH = Duration.ofMinutes(5);

    @ParameterizedTest
    @CsvSource({"REDUCE,64,1", "REDUCE,64,2", "ROOT,4,4", "ROOT,4,5", "ROOT,4,6"})
    void spoilsNoMoreThanItsFirstRounds(Lie lie, int groupSize, long seed) {
        SimulationResult result = Simulation.run(
                scenario(lie, groupSize),
                new Simulation.Options(seed, 16, LENGTH, Duration.ofMinutes(1), progress -> {}));

        assertThat(result.violation()).isEmpty();
        // a batch takes some six seconds to compute
        assertThat(result.epochs()).isGreaterThan(25);
        long membersRoundsVoid =
                result.roundsVoid().values().stream().mapToLong(Long::longValue).sum();
        assertThat(membersRoundsVoid)
                .as("of 16 members: %s", result.roundsVoid())
                .isLessThanOrEqualTo(3 * 16);
    }

    private static Scenario scenario(Lie lie, int groupSize) {
        AveragingSettings usual = AveragingSettings.defaults();
        return new Scenario(
                lie + " by one of 16, in subgroups of " + groupSize,
                new Scenario.Run(
                        900,
                        0,
                        40,
                        new AveragingSettings(
                                "none",
                                4,
                                4,
                                usual.bytesInFlight(),
                                usual.matchmakingWindow(),
                                usual.partTimeout(),
                                usual.roundTimeout(),
                                2,
                                3,
                                groupSize,
                                false),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("honest", 15, 0, null), trainers("liar", 1, 0, lie)),
                List.of(),
                Duration.ofMinutes(3));
    }
}
