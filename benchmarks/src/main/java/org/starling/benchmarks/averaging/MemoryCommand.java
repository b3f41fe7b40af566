package org.starling.benchmarks.averaging;

import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starling.benchmarks.measure.Machine;
import org.starling.benchmarks.measure.ParameterCount;
import org.starling.swarm.compression.Codec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench memory}: what a round takes of a volunteer's memory. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        description = {
            "How much memory a round takes of a peer beyond its gradient and the result.",
            "Each peer has a process of its own; one of them collects garbage again and again and looks what it holds, on the heap and"
                    + " outside it."
        })
public final class MemoryCommand implements Callable<Integer> {
    private static final double MEBI = 1 << 20;
    private static final double ASKED_MEBI = 64;
    private static final int MAX_ATTEMPTS = 3;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--peers",
            paramLabel = "N",
            split = ",",
            defaultValue = "4",
            description = "Default: ${DEFAULT-VALUE}.")
    private List<Integer> peers = List.of();

    @Option(
            names = "--parameters",
            paramLabel = "N",
            split = ",",
            defaultValue = "16M",
            converter = ParameterCount.class,
            description = "Parameters of the model; with M at the end, millions. Default: ${DEFAULT-VALUE}.")
    private List<Integer> parameters = List.of();

    @Option(
            names = "--codec",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "none,blockwise8",
            description = "How gradients travel. Default: ${DEFAULT-VALUE}.")
    private List<String> codecs = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Rounds before, and rounds that are looked at. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Override
    public Integer call() throws Exception {
        require(rounds >= 1, "--rounds must be at least 1");
        require(peers.stream().allMatch(n -> n >= 2 && n <= 16), "--peers must be from 2 to 16");
        require(Codec.names().containsAll(codecs), "--codec must be of " + String.join(", ", Codec.names()));
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        double load = Machine.load();
        out.println("| peers | parameters | codec | MiB, greatest | of it heap | direct | median | of 64 MiB |");
        out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (int n : peers) {
            for (int elements : parameters) {
                for (String codec : codecs) {
                    List<MemoryWatch.Peak> measured = measure(n, elements, codec);
                    MemoryWatch.Peak greatest = measured.get(measured.size() - 1);
                    double result = (double) elements * Float.BYTES;
                    double beyond = (greatest.total() - result) / MEBI;
                    out.printf(
                            Locale.ROOT,
                            "| %d | %,d | `%s` | %.1f | %.1f | %.1f | %.1f | %.0f %% |%n",
                            n,
                            elements,
                            codec,
                            beyond,
                            (greatest.heap() - result) / MEBI,
                            greatest.direct() / MEBI,
                            (measured.get(measured.size() / 2).total() - result) / MEBI,
                            100 * beyond / ASKED_MEBI);
                    out.flush();
                }
            }
        }
        out.printf(Locale.ROOT, """

                Of a peer that has a process to itself: what is on the heap beyond what was there before the round, and all direct memory,
                in use or kept in pools, less the floats of the result; looked at every 20 ms. The gradient was there before. %s
                """, Machine.describe(load));
        out.flush();
        return 0;
    }

    /** What was held in each of the rounds, the least first. */
    private List<MemoryWatch.Peak> measure(int n, int elements, String codec) throws Exception {
        List<MemoryWatch.Peak> measured = new ArrayList<>();
        try (LonePeers swarm = new LonePeers(n, elements, codec, options())) {
            for (int i = 0; i < rounds; i++) {
                swarm.average();
            }
            for (int attempt = 0; measured.size() < rounds; attempt++) {
                if (attempt == MAX_ATTEMPTS * rounds) {
                    throw new IllegalStateException("Not everybody takes part in the rounds; is the machine too busy?");
                }
                swarm.watch().ifPresent(measured::add);
            }
        }
        measured.sort(Comparator.comparingLong(MemoryWatch.Peak::total));
        return measured;
    }

    /** How this virtual machine collects garbage, and a heap that has room for the largest model. */
    private static List<String> options() {
        List<String> options = new ArrayList<>(List.of("-Xmx2g"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-XX:"))
                .forEach(options::add);
        return options;
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }
}
