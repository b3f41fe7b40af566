package org.starling.simulator;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starling.simulator.real.Comparison;
import org.starling.simulator.real.RealResult;
import org.starling.simulator.real.RealSwarm;
import org.starling.simulator.report.Quantity;
import org.starling.simulator.report.Report;
import org.starling.simulator.report.ReportFolder;
import org.starling.simulator.report.TextReport;
import org.starling.simulator.scenario.InvalidScenarioException;
import org.starling.simulator.scenario.ScenarioFile;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.simulation.RandomSchedule;
import org.starling.swarm.simulation.RandomSchedule.Edition;
import org.starling.swarm.simulation.Simulation;
import org.starling.swarm.simulation.SimulationResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code starling simulate}: the swarm in virtual time. */
@Command(
        name = "./starling simulate",
        mixinStandardHelpOptions = true,
        version = "Starling 0.1.0",
        sortOptions = false,
        description = {
            "Runs the real protocol with many peers on a simulated network and clock, checks its invariants after every"
                    + " event, and reports what happened. The same seed gives the same run, event for event.",
            "Exit status 1 says that an invariant failed, that --real did not agree, or that it could not run; 2 that an argument"
                    + " or the scenario is wrong."
        })
final class SimulateCommand implements Callable<Integer> {
    private static final int MAX_PEERS = 100_000;
    private static final double MAX_HOURS = 24 * 366;
    private static final List<String> OF_A_SCENARIO =
            List.of("--scenario", "--peers", "--hours", "--minutes", "--seed", "--real");
    private static final List<String> OF_SCHEDULES = List.of("--from-seed", "--edition", "--threads");
    private static final int SEEDS = 1_000_000;

    @Option(
            names = "--scenario",
            paramLabel = "FILE",
            description = "A scenario file, or the name of a shipped one. Default: ${DEFAULT-VALUE}.")
    private String scenario = "churn";

    @Option(names = "--list", description = "Lists the shipped scenarios.")
    private boolean list;

    @Option(names = "--peers", paramLabel = "N", description = "Peers of all groups. Default: as the scenario says.")
    private @Nullable Integer peers;

    @Option(names = "--hours", paramLabel = "H", description = "Virtual time. Default: as the scenario says.")
    private @Nullable Double hours;

    @Option(names = "--minutes", paramLabel = "M", description = "Virtual time, in minutes; adds to --hours.")
    private @Nullable Double minutes;

    @Option(names = "--seed", paramLabel = "S", description = "From which all chance is drawn. Default: a random one.")
    private @Nullable Long seed;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "Where to keep the report, as a page and as data. Default: ${DEFAULT-VALUE}.")
    private Path report = Path.of("simulation-report");

    @Option(
            names = "--real",
            description =
                    "Runs the scenario also with real processes on this machine, for as long as its virtual time, and"
                            + " compares; only for scenarios without faults.")
    private boolean real;

    @Option(
            names = "--schedules",
            paramLabel = "N",
            description =
                    "Instead of a scenario, runs N random schedules of a few peers and many faults, each with its own"
                            + " seed.")
    private @Nullable Long schedules;

    @Option(
            names = "--from-seed",
            paramLabel = "S",
            description = "The first of these seeds. Default: ${DEFAULT-VALUE}.")
    private long fromSeed = 1;

    @Option(
            names = "--edition",
            paramLabel = "E",
            converter = EditionNames.class,
            description =
                    "What a seed means: there are the editions ${COMPLETION-CANDIDATES}, of which each draws more than the one"
                            + " before. Default: the latest.",
            completionCandidates = EditionNames.class)
    private Edition edition = Edition.latest();

    @Option(names = "--threads", paramLabel = "T", description = "Schedules at once. Default: one for each core.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Spec
    private @Nullable CommandSpec spec;

    private final RandomSchedules random;

    /** Runs the schedule of a seed. */
    @FunctionalInterface
    interface RandomSchedules {
        SimulationResult run(Edition edition, long seed);
    }

    SimulateCommand() {
        this(RandomSchedule::run);
    }

    SimulateCommand(RandomSchedules random) {
        this.random = random;
    }

    @Override
    public Integer call() throws IOException, InvalidScenarioException, InterruptedException {
        if (list) {
            list();
            return 0;
        }
        if (schedules == null) {
            refuse(OF_SCHEDULES, "is for --schedules");
        } else {
            refuse(OF_A_SCENARIO, "is for a scenario; with --schedules leave it out, and say --from-seed for the seed");
        }
        ReportFolder.prepare(report);
        return schedules == null ? runScenario() : runSchedules(schedules);
    }

    private PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    private ProgressLine progressLine() {
        return new ProgressLine(
                Objects.requireNonNull(spec).commandLine().getErr(), Boolean.getBoolean("starling.terminal"));
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    /** Nobody shall believe that an option counted which did not. */
    private void refuse(List<String> options, String why) {
        ParseResult given = Objects.requireNonNull(spec).commandLine().getParseResult();
        for (String option : options) {
            if (given.hasMatchedOption(option)) {
                throw wrong(option + " " + why + ".");
            }
        }
    }

    private void list() {
        List<ScenarioFile> shipped = ScenarioLibrary.shipped();
        int widest =
                shipped.stream().mapToInt(file -> file.source().length()).max().orElse(0);
        for (ScenarioFile file : shipped) {
            String gap = " ".repeat(widest - file.source().length() + 2);
            out().printf(
                            "%s%s%s; %s peers, %s%n",
                            file.source(),
                            gap,
                            file.scenario().title(),
                            Quantity.count(file.peers()),
                            Quantity.duration(file.length()));
        }
        out().flush();
    }

    // ---- one scenario ----

    private int runScenario() throws IOException, InvalidScenarioException, InterruptedException {
        ScenarioFile file = ScenarioLibrary.find(scenario);
        file = file.lasting(length(file.length()));
        int count = peers == null ? file.peers() : peers;
        if (count < 1 || count > MAX_PEERS) {
            throw wrong("The number of peers must be from 1 to " + Quantity.count(MAX_PEERS) + ", not " + count + ".");
        }
        file = file.ofPeers(count);
        long drawn = seed == null ? new SecureRandom().nextInt(SEEDS) : seed;
        String command = RepeatCommand.of(file.source(), count, file.length(), drawn);
        if (seed == null) {
            out().println("Seed " + drawn);
            out().flush();
        }
        ProgressLine progress = progressLine();
        RealResult realResult = null;
        if (real) {
            String refusal = RealSwarm.refusal(file.scenario(), count);
            if (refusal != null) {
                throw wrong(refusal);
            }
            realResult = RealSwarm.run(file, count, progress::show);
            progress.clear();
        }
        SimulationResult result;
        try (EarlyEnd early = EarlyEnd.ofThisThread()) {
            result = Simulation.run(
                    file.scenario(),
                    new Simulation.Options(drawn, count, file.length(), file.patience(), progress::show));
            progress.clear();
            tell(new Report(result, file.source(), command, file.patience()));
        }
        if (realResult != null) {
            Comparison comparison = new Comparison(realResult, result);
            out().println();
            out().print(comparison);
            out().flush();
            return comparison.agrees() && result.violation().isEmpty() ? 0 : 1;
        }
        return result.violation().isPresent() ? 1 : 0;
    }

    private Duration length(Duration otherwise) {
        if (hours == null && minutes == null) {
            return otherwise;
        }
        double sum = (hours == null ? 0 : hours) + (minutes == null ? 0 : minutes) / 60;
        if (!(sum > 0 && sum <= MAX_HOURS)) {
            throw wrong("The virtual time must be more than nothing and at most a year, not " + sum + " hours.");
        }
        return Duration.ofMillis(Math.round(sum * 3_600_000));
    }

    private void tell(Report told) throws IOException {
        out().print(TextReport.of(told));
        out().flush();
        Path page = ReportFolder.write(report, told);
        out().println("Drawn in    " + page);
        out().flush();
    }

    // ---- many schedules ----

    private int runSchedules(long count) throws IOException, InterruptedException {
        if (count < 1 || threads < 1) {
            throw wrong("--schedules and --threads must be at least 1.");
        }
        long begun = System.nanoTime();
        ProgressLine progress = progressLine();
        SimulationResult[] firstFailure = new SimulationResult[1];
        Schedules[] all = new Schedules[1];
        Schedules running = new Schedules(seed -> random.run(edition, seed), result -> {
            progress.show(Objects.requireNonNull(all[0]).done() + " of " + count + " schedules");
            result.violation().ifPresent(violation -> {
                firstFailure[0] = firstFailure[0] == null ? result : firstFailure[0];
                progress.clear();
                out().printf("seed %d: %s: %s%n", result.seed(), violation.invariant(), violation.what());
                out().flush();
            });
        });
        all[0] = running;
        running.run(fromSeed, count, threads);
        progress.clear();
        if (firstFailure[0] != null) {
            SimulationResult result = firstFailure[0];
            out().println();
            tell(new Report(
                    result, "random schedule", RepeatCommand.ofSchedule(edition, result.seed()), Duration.ZERO));
            out().println();
        }
        summarize(running, Duration.ofNanos(System.nanoTime() - begun));
        return running.failures().isEmpty() ? 0 : 1;
    }

    private void summarize(Schedules done, Duration wall) {
        out().printf(
                        "%s schedules, seeds %d to %d: %s of virtual time and %s events in %s%n",
                        Quantity.count(done.done()),
                        fromSeed,
                        fromSeed + done.done() - 1,
                        Quantity.duration(done.virtual()),
                        Quantity.count(done.events()),
                        Quantity.duration(wall));
        Map<String, List<Long>> failures = done.failures();
        if (failures.isEmpty()) {
            out().println("Every invariant held in each.");
        }
        failures.forEach((invariant, seeds) -> out().printf(
                        "%s failed %s: seeds %s%n",
                        invariant,
                        seeds.size() == 1 ? "once" : seeds.size() + " times",
                        seeds.stream().map(String::valueOf).collect(Collectors.joining(", "))));
        out().flush();
    }
}
