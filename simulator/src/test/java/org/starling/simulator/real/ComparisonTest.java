package org.starling.simulator.real;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.starling.simulator.real.RealResult.PeerReport;
import org.starling.simulator.scenario.InvalidScenarioException;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Samples;

/** A real run of 100 epochs in ten minutes, with 1,000 bytes a second of a peer, and what a simulation may say of it. */
class ComparisonTest {
    private static final Duration LENGTH = Duration.ofMinutes(10);

    @Test
    void aSimulationAgreesUpToAFifthMoreOrLess() {
        assertThat(comparison(100, 1000, 1000).agrees()).isTrue();
        assertThat(comparison(120, 1000, 1000).agrees()).isTrue();
        assertThat(comparison(80, 1000, 1000).agrees()).isTrue();
        assertThat(comparison(100, 1200, 1000).agrees()).isTrue();
        assertThat(comparison(100, 800, 1000).agrees()).isTrue();
    }

    @Test
    void oneFigureThatIsFurtherAwayIsEnough() {
        assertThat(comparison(121, 1000, 1000).agrees()).isFalse();
        assertThat(comparison(79, 1000, 1000).agrees()).isFalse();
        assertThat(comparison(100, 1201, 1000).agrees()).isFalse();
        assertThat(comparison(100, 799, 1000).agrees()).isFalse();
        assertThat(comparison(100, 1000, 833).agrees())
                .as("bytes on the sockets")
                .isFalse();
        assertThat(comparison(100, 1000, 1251).agrees())
                .as("bytes on the sockets")
                .isFalse();
    }

    @Test
    void aRunInWhichNothingHappenedAgreesWithNone() {
        RealResult nothing = new RealResult(LENGTH, List.of(new PeerReport(0, 0, 0, 0, Map.of())));

        assertThat(new Comparison(nothing, simulated(100, 1000)).agrees()).isFalse();
    }

    @Test
    void itIsToldWhichFiguresAgree() {
        assertThat(comparison(110, 900, 1000).toString())
                .containsPattern("Epochs a minute +10 +11 +1\\.10")
                .containsPattern("gradients +1(\\.00)? kB +900 B +0\\.90")
                .endsWith("Epochs and bytes agree within 20 %.\n");
        assertThat(comparison(130, 900, 1000).toString()).endsWith("Epochs and bytes do not agree within 20 %.\n");
    }

    /**
     * @param epochs simulated
     * @param bytes a second of a simulated peer
     * @param socketBytes a second of a real peer, as its sockets saw them
     */
    private static Comparison comparison(long epochs, double bytes, long socketBytes) {
        // each byte is sent by one peer, which counts it, and received by another
        PeerReport peer = new PeerReport(100, 0, 11, socketBytes * 600 / 2, Map.of("gradients", 1000L * 600 / 2));
        return new Comparison(new RealResult(LENGTH, List.of(peer, peer)), simulated(epochs, bytes));
    }

    private static SimulationResult simulated(long epochs, double bytes) {
        Distribution none = Distribution.of(new double[0]);
        return new SimulationResult(
                scenario(),
                7,
                2,
                LENGTH,
                Duration.ofSeconds(1),
                1000,
                "0",
                epochs,
                0,
                Map.of(),
                new Samples(0, 0, 0, Map.of()),
                List.of(),
                none,
                none,
                Map.of("gradients", Distribution.of(new double[] {bytes, bytes})),
                Map.of(),
                List.of(),
                Optional.empty());
    }

    private static Scenario scenario() {
        try {
            return ScenarioLibrary.find("twelve").scenario();
        } catch (InvalidScenarioException | IOException e) {
            throw new AssertionError(e);
        }
    }
}
