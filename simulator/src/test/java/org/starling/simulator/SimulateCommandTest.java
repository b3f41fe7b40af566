package org.starling.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.simulation.RandomSchedule.Edition;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Samples;
import org.starling.swarm.simulation.SimulationResult.Violation;
import picocli.CommandLine;

class SimulateCommandTest {
    private static final String SCENARIO = """
            title: Four and a door
            peers: 5
            length: 60s
            calm: 20s
            patience: 30s
            run: {target-batch-size: 300, elements: 20}
            groups:
              - {name: door, role: entry-point, share: 1}
              - {name: trainers, share: 4, speed: 10..20}
            """;

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(SimulateCommand command, String... arguments) {
        CommandLine line = Simulator.commandLine(command);
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private int execute(String... arguments) {
        return execute(new SimulateCommand(), arguments);
    }

    private static SimulationResult result(long seed, boolean fails) {
        try {
            return new SimulationResult(
                    ScenarioLibrary.find("churn").scenario(),
                    seed,
                    9,
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(1),
                    1000,
                    "abc",
                    5,
                    0,
                    Map.of(),
                    new Samples(10, 10, 0, Map.of()),
                    List.of(),
                    Distribution.of(new double[0]),
                    Distribution.of(new double[0]),
                    Map.of(),
                    Map.of(),
                    List.of(),
                    fails
                            ? Optional.of(
                                    new Violation("one state", "Two.", Duration.ofSeconds(9), List.of("a"), List.of()))
                            : Optional.empty());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aScenarioIsRunToItsEndAndCanBeRepeated() throws IOException {
        Path file = Files.writeString(folder.resolve("four.yaml"), SCENARIO);
        Path report = folder.resolve("report");

        assertThat(execute("--scenario", file.toString(), "--seed", "5", "--report", report.toString()))
                .isZero();

        String first = out.toString();
        assertThat(first)
                .contains("Four and a door", "5 peers; 60.0 s simulated", "Every invariant held.")
                .contains("Repeat with ./starling simulate --scenario " + file + " --peers 5 --minutes 1 --seed 5");
        assertThat(report.resolve("index.html")).content().contains("Four and a door");
        out.getBuffer().setLength(0);
        execute("--scenario", file.toString(), "--seed", "5", "--minutes", "1", "--report", report.toString());
        assertThat(out.toString().lines().filter(line -> line.startsWith("Event hash")))
                .containsExactlyElementsOf(first.lines()
                        .filter(line -> line.startsWith("Event hash"))
                        .toList());
    }

    @Test
    void theShippedScenariosAreListed() {
        assertThat(execute("--list")).isZero();
        assertThat(out.toString().lines()).hasSize(9).anyMatch(line -> line.startsWith("liars "));
    }

    @Test
    void wrongArgumentsAreTold() throws IOException {
        assertThat(execute("--scenario", "utopia")).isEqualTo(2);
        assertThat(err.toString()).contains("There is no file 'utopia'");
        assertThat(execute("--peers", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("The number of peers must be from 1 to 100,000, not 0.");
        assertThat(execute("--hours", "-1")).isEqualTo(2);
        assertThat(err.toString()).contains("The virtual time must be more than nothing");
        assertThat(execute("--schedules", "0")).isEqualTo(2);
        assertThat(execute("--schedules", "1", "--seed", "410")).isEqualTo(2);
        assertThat(execute("--schedules", "1", "--real")).isEqualTo(2);
        assertThat(execute("--from-seed", "410")).isEqualTo(2);
        assertThat(execute("--edition", "first")).isEqualTo(2);
        assertThat(execute("--schedules", "1", "--edition", "last")).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "--seed is for a scenario",
                        "--real is for a scenario",
                        "--from-seed is for --schedules",
                        "--edition is for --schedules",
                        "there is no edition 'last'; there are first, ");
        assertThat(execute("--speed", "3")).isEqualTo(2);
        Path file = Files.writeString(folder.resolve("bad.yaml"), "groups: [{name: t, sped: 3}]");
        assertThat(execute("--scenario", file.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("bad.yaml, line 1: groups[0].sped is not known here");
    }

    @Test
    void aReportThatCannotBeKeptIsToldBeforeTheRun() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(execute(
                        "--peers",
                        "5",
                        "--minutes",
                        "1",
                        "--report",
                        file.resolve("report").toString()))
                .isEqualTo(1);

        assertThat(err.toString()).contains("The folder for the report cannot be made");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void schedulesThatHoldAreSummedUp() {
        SimulateCommand command = new SimulateCommand((edition, seed) -> result(seed, false));

        assertThat(execute(command, "--schedules", "30", "--from-seed", "11", "--threads", "3"))
                .isZero();

        assertThat(out.toString())
                .contains("30 schedules, seeds 11 to 40: 60 min of virtual time and 30,000 events in ")
                .contains("Every invariant held in each.");
    }

    @Test
    void schedulesOfAnotherEditionAreRunAndRepeatedAsSuch() {
        List<Edition> run = new ArrayList<>();
        SimulateCommand command = new SimulateCommand((edition, seed) -> {
            run.add(edition);
            return result(seed, true);
        });
        String report = folder.resolve("report").toString();

        assertThat(execute(command, "--schedules", "1", "--edition", "FIRST", "--report", report))
                .isEqualTo(1);

        assertThat(run).containsExactly(Edition.FIRST);
        assertThat(out.toString())
                .contains("Repeat with ./starling simulate --schedules 1 --edition first --from-seed 1");
    }

    @Test
    void schedulesThatFailAreToldWithTheirSeeds() {
        SimulateCommand command = new SimulateCommand((edition, seed) -> result(seed, seed % 10 == 3));
        String report = folder.resolve("report").toString();

        assertThat(execute(command, "--schedules", "20", "--threads", "1", "--report", report))
                .isEqualTo(1);

        assertThat(out.toString())
                .contains("seed 3: one state: Two.", "seed 13: one state: Two.")
                .contains("Repeat with ./starling simulate --schedules 1 --edition " + EditionNames.of(Edition.latest())
                        + " --from-seed 3")
                .contains("one state failed 2 times: seeds 3, 13");
        assertThat(Path.of(report, "violation.mmd")).exists();
    }
}
