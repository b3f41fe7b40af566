package org.starling.simulator.real;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starling.simulator.scenario.ScenarioFile;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.simulation.Simulation;
import org.starling.swarm.simulation.SimulationResult;

class RealSwarmTest {
    /** On a quiet machine the figures differ by a tenth; calls that are made again on a busy one cost more. */
    private static final double TOLERANCE = 1.5;

    private static final String SCENARIO = """
            length: 20s
            run: {target-batch-size: 300, elements: 1000}
            groups:
              - {name: door, role: entry-point, share: 1}
              - {name: trainers, share: 2, speed: 100}
            """;

    @Test
    void processesTrainTogetherAndCountTheirTraffic(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("two.yaml"), SCENARIO);
        ScenarioFile scenario = ScenarioLibrary.find(file.toString());
        List<String> told = new ArrayList<>();

        RealResult result = RealSwarm.run(scenario, 3, told::add);

        assertThat(result.peers()).hasSize(3);
        assertThat(result.epochs()).isBetween(1L, 14L);
        assertThat(result.traffic()).containsKeys("membership", "gradients", "agreement", "meeting", "connections");
        double counted = result.traffic().values().stream().mapToDouble(d -> d).sum();
        assertThat(result.socketTraffic()).isBetween(counted / 2, counted * 2);
        assertSimulatedAlike(result, scenario);
        assertThat(told).last().asString().startsWith("3 real peers at epoch");
    }

    /** Bytes of an epoch, which do not depend on how fast the machine is. */
    private static void assertSimulatedAlike(RealResult real, ScenarioFile file) {
        SimulationResult simulated = Simulation.run(
                file.scenario(),
                new Simulation.Options(7, real.peers().size(), file.length(), file.patience(), progress -> {}));
        for (String purpose : List.of("gradients", "agreement")) {
            double each = bytes(simulated, purpose) / simulated.epochs();
            double sent = real.traffic().getOrDefault(purpose, 0.0)
                    * real.peers().size()
                    * real.length().toSeconds();
            // one round may be under way, and others were for nothing; how many epochs there are says how busy the
            // machine is
            double rounds = real.epochs() + real.roundsVoid() + 1;
            assertThat(sent).as(purpose).isBetween(real.epochs() * each / TOLERANCE, rounds * each * TOLERANCE);
        }
    }

    private static double bytes(SimulationResult simulated, String purpose) {
        SimulationResult.Distribution perPeer =
                Objects.requireNonNull(simulated.traffic().get(purpose));
        return perPeer.mean() * perPeer.count() * simulated.simulated().toSeconds();
    }

    @Test
    void whatCannotBeRealIsRefused() throws Exception {
        assertThat(RealSwarm.refusal(ScenarioLibrary.find("twelve").scenario(), 12))
                .isNull();
        assertThat(RealSwarm.refusal(ScenarioLibrary.find("twelve").scenario(), 25))
                .isEqualTo("With --real from 2 to 24 peers are possible, not 25.");
        assertThat(RealSwarm.refusal(ScenarioLibrary.find("churn").scenario(), 12))
                .contains("try --scenario twelve");
    }

    @Test
    void aReportIsRead() {
        assertThat(RealSwarm.parse("epoch=3 void=1 connections=2 sockets=900 bytes.gradients=800"))
                .isEqualTo(new RealResult.PeerReport(3, 1, 2, 900, Map.of("gradients", 800L)));
    }
}
