package org.starling.simulator.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code ./starling soak}. Exit codes: 0 all is well, 1 it is not, 2 wrong arguments. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = {
            "Kills, stops and starts peers at random while they train together over real sockets and TLS, in one process. Ends"
                    + " with 0 if those that live are in one state at last and nothing is left of the others: no thread, no"
                    + " memory, no socket."
        })
public final class SoakCommand implements Callable<Integer> {
    @Option(names = "--minutes", defaultValue = "10", description = "How long; 10 if not given.")
    private double minutes;

    @Option(names = "--peers", defaultValue = "8", description = "How many live at once at most; 8 if not given.")
    private int peers;

    @Option(names = "--seed", defaultValue = "1", description = "What happens to whom follows from it; 1 if not given.")
    private long seed;

    @Spec
    private @Nullable CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SoakCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!(minutes > 0) || minutes > 60 * 24 * 30) {
            throw wrong("--minutes must be above 0, at most a month, not " + minutes);
        }
        if (peers < 4 || peers > 64) {
            throw wrong("--peers must be from 4 to 64, not " + peers);
        }
        List<String> problems = new Soak(peers, seed, System.out).run(Duration.ofMillis((long) (minutes * 60_000)));
        problems.forEach(problem -> System.err.println("FAILED: " + problem));
        return problems.isEmpty() ? 0 : 1;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
}
