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

class ExpiredTokensTest {
    /**
     * Found by schedule 63: each peer went on alone with a token that had expired. Nobody takes a signature that was made with
     * such a token, so that the records of that time could be learnt by nobody, and the chains were never compared.
     */
    @Test
    void whoseTokenHasExpiredMakesNoRecords() {
        Scenario scenario = new Scenario(
                "No tokens for a while",
                new Scenario.Run(
                        300,
                        0,
                        20,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofMinutes(2)),
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("trainers", 4, 0, null)),
                List.of(new Fault.AuthAway(Duration.ofSeconds(30), Duration.ofMinutes(4))),
                Duration.ofMinutes(5));

        SimulationResult result = Simulation.run(
                scenario, new Simulation.Options(3, 4, Duration.ofMinutes(8), Duration.ofMinutes(1), progress -> {}));

        assertThat(result.violation()).isEmpty();
        assertThat(result.unsignedEpochs()).isZero();
        assertThat(result.epochs()).isBetween(10L, 60L);
    }
}
