package org.starling.benchmarks.averaging;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starling.benchmarks.measure.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench latency}: how long an epoch of a tiny model takes from due to committed. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description =
                "How long whole nodes need from the moment in which the swarm has its samples to the commit of the last.")
public final class LatencyCommand implements Callable<Integer> {
    private static final Duration EPOCH = Duration.ofSeconds(2);

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--peers", paramLabel = "N", defaultValue = "16", description = "Default: ${DEFAULT-VALUE}.")
    private int peers;

    @Option(names = "--parameters", paramLabel = "N", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}.")
    private int parameters;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "15",
            description = "How many are measured; one takes two seconds and more. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "8",
            description = "Epochs before. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Override
    public Integer call() throws Exception {
        require(peers >= 2 && peers <= 64, "--peers must be from 2 to 64");
        require(parameters >= 1 && parameters <= 1 << 24, "--parameters must be from 1 to " + (1 << 24));
        require(epochs >= 1, "--epochs must be at least 1");
        require(warmUp >= 0, "--warm-up must be at least 0");
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        double load = Machine.load();
        double[] all;
        double[] first;
        try (LiveSwarm swarm = new LiveSwarm(peers, parameters, EPOCH)) {
            swarm.awaitEpochsOfAll(warmUp);
            List<LiveSwarm.Epoch> measured = swarm.measure(epochs);
            all = sorted(measured.stream()
                    .mapToDouble(LiveSwarm.Epoch::lastCommitMillis)
                    .toArray());
            first = sorted(measured.stream()
                    .mapToDouble(LiveSwarm.Epoch::firstCommitMillis)
                    .toArray());
        }
        out.printf(
                Locale.ROOT,
                """
                | peers | parameters | epochs | first commit, median | last commit, median | shortest | longest |
                | --- | --- | --- | --- | --- | --- | --- |
                | %d | %,d | %d | %.0f ms | %.0f ms | %.0f ms | %.0f ms |

                From the moment in which the peers have computed the target batch together until the first, and the last, of them has
                stepped. Load before %.1f, after %.1f, %d processors.
                """,
                peers,
                parameters,
                all.length,
                first[first.length / 2],
                all[all.length / 2],
                all[0],
                all[all.length - 1],
                load,
                Machine.load(),
                Runtime.getRuntime().availableProcessors());
        out.flush();
        return 0;
    }

    private static double[] sorted(double[] values) {
        Arrays.sort(values);
        return values;
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }
}
