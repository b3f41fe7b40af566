package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.swarm.simulation.TrainerGroups.trainers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.virtual.Links;

/** Peers that refuse whatever comes, because their queues are full. */
class FullQueuesTest {
    private static final Duration CALM = Duration.ofMinutes(2);

    @Test
    void theSwarmGoesOnWithoutThemAndWithThemAgainAfterwards() {
        SimulationResult none = run(List.of());
        SimulationResult full =
                run(List.of(new Fault.FullQueues(Duration.ofSeconds(20), Duration.ofSeconds(80), "trainers", 1, 0)));

        assertThat(full.violation()).isEmpty();
        assertThat(full.epochs()).isPositive();
        assertThat(full.samples().committed())
                .as("nobody can meet anybody while all queues are full")
                .isLessThan(none.samples().committed());
    }

    private static SimulationResult run(List<Fault> faults) {
        Scenario scenario = new Scenario(
                "Six trainers",
                new Scenario.Run(
                        300,
                        0,
                        20,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("trainers", 6, 0, null)),
                faults,
                CALM);
        return Simulation.run(
                scenario, new Simulation.Options(7, 6, Duration.ofMinutes(5), Duration.ofMinutes(2), progress -> {}));
    }
}
