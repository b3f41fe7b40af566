package org.starling.benchmarks.tokens;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import org.starling.benchmarks.measure.Machine;
import org.starling.benchmarks.measure.SingleThread;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench tokens}: what tokens cost, and how many peers an auth service lets in. */
@Command(
        name = "tokens",
        mixinStandardHelpOptions = true,
        description = "How long peers take to verify a token, and how many join at a running auth service in a second.")
public final class TokensCommand implements Callable<Integer> {
    private static final int WARM_UP_JOINS = 300;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--iteration",
            paramLabel = "MILLISECONDS",
            defaultValue = "500",
            description = "Length of one measurement, of which each figure takes five and four to warm up; default:"
                    + " ${DEFAULT-VALUE}.")
    private int iterationMillis;

    @Option(
            names = "--forks",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processes for each figure, 0 for none of its own; default: ${DEFAULT-VALUE}.")
    private int forks;

    @Option(
            names = "--auth",
            paramLabel = "URL",
            description = "Also measures joins at this auth service, whose limits must allow it:"
                    + " STARLING_AUTH_LIMITS_JOINSPERMINUTE and STARLING_AUTH_LIMITS_JOINSFROMADDRESSPERMINUTE.")
    private @Nullable String auth;

    @Option(names = "--run", paramLabel = "ORGANISATION/NAME", description = "The run to join.")
    private @Nullable String run;

    @Option(
            names = "--hub-token",
            paramLabel = "TOKEN",
            defaultValue = "${HF_TOKEN}",
            description = "Access token of an account that may take part in the run; default: HF_TOKEN.")
    private @Nullable String hubToken;

    @Option(
            names = "--joins",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Peers that join; default: ${DEFAULT-VALUE}.")
    private int joins;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "8",
            description = "Connections that they join over; default: ${DEFAULT-VALUE}.")
    private int connections;

    @Override
    public Integer call() throws RunnerException, IOException, InterruptedException {
        require(iterationMillis >= 1, "--iteration must be at least 1");
        require(forks >= 0, "--forks must be at least 0");
        require(joins >= 1 && connections >= 1, "--joins and --connections must be at least 1");
        require(
                auth == null || run != null && hubToken != null && !hubToken.isBlank(),
                "--auth needs --run and --hub-token");
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        double load = Machine.load();
        double jdk = micros("jdk");
        out.printf("| what | µs | of the JDK's signature check |%n| --- | --- | --- |%n");
        row(out, "a token that is new to a peer", micros("fresh"), jdk);
        row(out, "a token that it has verified before", micros("seen"), jdk);
        row(out, "only the signature, by the JDK", jdk, jdk);
        row(out, "issuing a token", micros("issue"), jdk);
        row(out, "verifying that a peer holds its key", micros("proof"), jdk);
        out.flush();
        if (auth != null) {
            JoinLoad service = new JoinLoad(auth, Objects.requireNonNull(run), Objects.requireNonNull(hubToken));
            service.measure(WARM_UP_JOINS, connections);
            out.printf(
                    Locale.ROOT,
                    "%n%.0f joins a second over %d connections.%n",
                    service.measure(joins, connections),
                    connections);
        }
        out.printf(Locale.ROOT, "%nOne thread, best of five; %s%n", Machine.describe(load));
        out.flush();
        return 0;
    }

    private static void row(PrintWriter out, String what, double micros, double jdk) {
        out.printf(Locale.ROOT, "| %s | %.2f | %.3g %% |%n", what, micros, 100 * micros / jdk);
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }

    private double micros(String benchmark) throws RunnerException {
        return new SingleThread(forks, iterationMillis).best(TokenBenchmark.class, benchmark, Map.of()) / 1e3;
    }
}
