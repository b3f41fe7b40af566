package org.starling.benchmarks.orders;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starling.benchmarks.measure.Machine;
import org.starling.benchmarks.measure.Waiting;
import org.starling.swarm.orders.Order;
import org.starling.swarm.testing.SocketSwarm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench ban}: how long a banned peer stays connected to the last of the others. */
@Command(
        name = "ban",
        mixinStandardHelpOptions = true,
        description = "How long after a ban the last of a swarm's peers has broken its connections to the banned one.")
public final class BanCommand implements Callable<Integer> {
    private static final String RUN = "benchmark/ban";
    private static final int ELEMENTS = 1000;
    private static final double BAR_SECONDS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration PAUSE = Duration.ofMillis(5);

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--peers", paramLabel = "N", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
    private int peers;

    @Option(
            names = "--bans",
            paramLabel = "N",
            defaultValue = "5",
            description = "One after the other, each of another peer. Default: ${DEFAULT-VALUE}.")
    private int bans;

    private record Ban(int connectedBefore, double allObeyedSeconds, double allDisconnectedSeconds) {}

    @Override
    public Integer call() throws Exception {
        require(peers >= 3 && peers <= 100, "--peers must be from 3 to 100");
        require(bans >= 1 && bans <= peers - 2, "--bans must be at least 1, and leave two peers that are not banned");
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        double load = Machine.load();
        Ban[] measured = new Ban[bans];
        try (SocketSwarm swarm = new SocketSwarm(SocketSwarm.shortRun(RUN, 60 * peers), ELEMENTS)) {
            for (int i = 0; i < peers; i++) {
                swarm.addTrainer();
            }
            for (int i = 0; i < bans; i++) {
                measured[i] = ban(swarm, i);
            }
        }
        Arrays.sort(measured, Comparator.comparing(Ban::allDisconnectedSeconds));
        double median = measured[bans / 2].allDisconnectedSeconds();
        double longest = measured[bans - 1].allDisconnectedSeconds();
        out.printf(
                Locale.ROOT,
                """
                | peers | bans | connected to the banned before, least | all had the order, longest | nobody connected, median | longest | of %.0f s |
                | --- | --- | --- | --- | --- | --- | --- |
                | %d | %d | %d | %.2f s | %.2f s | %.2f s | %.0f %% |

                Whole nodes in one process, over sockets and TLS, training. From the order's arrival at one of them.
                %s
                """,
                BAR_SECONDS,
                peers,
                bans,
                Arrays.stream(measured).mapToInt(Ban::connectedBefore).min().orElse(0),
                Arrays.stream(measured).mapToDouble(Ban::allObeyedSeconds).max().orElse(0),
                median,
                longest,
                100 * longest / BAR_SECONDS,
                Machine.describe(load));
        out.flush();
        return 0;
    }

    /** Bans the so many-th peer by way of the last. */
    private static Ban ban(SocketSwarm swarm, int index) throws InterruptedException {
        SocketSwarm.Peer banned = swarm.peers().get(index);
        List<SocketSwarm.Peer> others =
                swarm.peers().subList(index + 1, swarm.peers().size());
        Predicate<SocketSwarm.Peer> isConnected = peer -> peer.connected().contains(banned.id());
        await(() -> others.stream()
                .allMatch(peer -> peer.status().peers().size() == others.size()
                        && peer.status().newestOrder() == index));
        await(() -> others.stream().filter(isConnected).count() > others.size() / 2);
        int connected = (int) others.stream().filter(isConnected).count();
        Order order = new Order.Ban(
                RUN, index + 1, Instant.now(), new Order.Subject.Account(SocketSwarm.accountId(banned)), "benchmark");
        long begun = System.nanoTime();
        others.get(others.size() - 1).node.submit(swarm.sign(order));
        double[] obeyed = new double[1];
        await(() -> {
            if (obeyed[0] == 0 && others.stream().allMatch(peer -> peer.status().newestOrder() == index + 1)) {
                obeyed[0] = secondsSince(begun);
            }
            return obeyed[0] > 0 && others.stream().noneMatch(isConnected);
        });
        return new Ban(connected, obeyed[0], secondsSince(begun));
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Waiting.until(condition, PAUSE, PATIENCE);
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }
}
