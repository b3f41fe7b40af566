package org.starling.benchmarks.averaging;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starling.benchmarks.measure.Machine;
import org.starling.benchmarks.measure.ParameterCount;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.wire.Tls;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench averaging}: rounds of real peers on this machine's loopback. */
@Command(
        name = "averaging",
        mixinStandardHelpOptions = true,
        description =
                "How fast peers average over gRPC and mutual TLS on this machine, compared with bare TLS streams.")
public final class AveragingCommand implements Callable<Integer> {
    private static final List<Integer> ALL_PEERS = List.of(2, 4, 8, 16);
    private static final List<Integer> ALL_MILLIONS = List.of(1, 16, 64);
    private static final int MAX_PEERS = 64;
    private static final int WARM_UP_ROUNDS = 40;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--peers", paramLabel = "N", split = ",", description = "How many peers; 2,4,8,16 or others.")
    private List<Integer> peers = new ArrayList<>();

    @Option(
            names = "--parameters",
            paramLabel = "N",
            split = ",",
            converter = ParameterCount.class,
            description = "Parameters of the model; with M at the end, millions.")
    private List<Integer> parameters = new ArrayList<>();

    @Option(names = "--codec", paramLabel = "NAME", split = ",", description = "How gradients travel.")
    private List<String> codecs = new ArrayList<>();

    @Option(
            names = "--link",
            paramLabel = "RATE",
            description =
                    "Lines of 1gbit or 100mbit in each direction and 20 ms delay between the peers, emulated by relays on this"
                            + " machine; default: none.")
    private @Nullable String link;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds of which each figure is the median; default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--full",
            description =
                    "2, 4, 8 and 16 peers, 1, 16 and 64 million parameters, every codec; takes half an hour. Without it and the"
                            + " options above: 4 peers with 1 million parameters and every codec, then some larger ones.")
    private boolean full;

    @Override
    public Integer call() throws Exception {
        require(rounds >= 1, "--rounds must be at least 1");
        List<Rig.Setup> setups = setups();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        double load = Machine.load();
        AveragingTable table = new AveragingTable();
        warmUp(setups.get(0));
        for (Rig.Setup setup : setups) {
            long limit = Runtime.getRuntime().maxMemory();
            if (setup.heapBytes() > limit) {
                err.printf(
                        Locale.ROOT,
                        "Left out %s: it needs %.1f GiB of heap, and there are %.1f.%n",
                        setup,
                        setup.heapBytes() / (double) (1 << 30),
                        limit / (double) (1 << 30));
                continue;
            }
            err.printf("Measuring %s ...%n", setup);
            err.flush();
            try (Rig rig = new Rig(setup)) {
                table.add(rig.measure(rounds));
            }
        }
        out.print(table);
        out.printf(Locale.ROOT, "%s TLS, %s%n", Tls.isNative() ? "Native" : "Java's", Machine.describe(load));
        out.flush();
        return 0;
    }

    /** The first rounds of a process are slow, whatever they measure. */
    private static void warmUp(Rig.Setup first) throws Exception {
        try (Rig rig = new Rig(
                new Rig.Setup(4, Math.min(4 * ParameterCount.MILLION, first.elements()), first.codec(), null))) {
            rig.warmUp(WARM_UP_ROUNDS);
        }
    }

    private List<Rig.Setup> setups() {
        List<Rig.Setup> setups = new ArrayList<>();
        Links.@Nullable Shape shape = shape();
        if (link != null || full || !peers.isEmpty() || !parameters.isEmpty() || !codecs.isEmpty()) {
            for (int n : peers.isEmpty() ? full ? ALL_PEERS : List.of(4) : peers) {
                require(n >= 2 && n <= MAX_PEERS, "--peers must be from 2 to " + MAX_PEERS);
                for (int elements : elements()) {
                    for (String codec : codecs.isEmpty() ? full ? Codec.names() : List.of("none") : codecs) {
                        require(
                                Codec.names().contains(codec),
                                "--codec must be of " + String.join(", ", Codec.names()));
                        setups.add(new Rig.Setup(n, elements, codec, shape));
                    }
                }
            }
            return setups;
        }
        Codec.names().forEach(codec -> setups.add(new Rig.Setup(4, ParameterCount.MILLION, codec, null)));
        for (String codec : List.of("none", "blockwise8")) {
            setups.add(new Rig.Setup(4, 16 * ParameterCount.MILLION, codec, null));
        }
        for (int n : List.of(2, 8, 16)) {
            setups.add(new Rig.Setup(n, ParameterCount.MILLION, "none", null));
            setups.add(new Rig.Setup(n, ParameterCount.MILLION, "blockwise8", null));
        }
        return setups;
    }

    private Links.@Nullable Shape shape() {
        if (link == null) {
            return null;
        }
        require(link.equals("1gbit") || link.equals("100mbit"), "--link must be 1gbit or 100mbit");
        return link.equals("1gbit") ? Links.Shape.GIGABIT : Links.Shape.HUNDRED_MEGABIT;
    }

    private List<Integer> elements() {
        return parameters.isEmpty()
                ? (full ? ALL_MILLIONS : List.of(1))
                        .stream().map(m -> m * ParameterCount.MILLION).toList()
                : parameters;
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }
}
