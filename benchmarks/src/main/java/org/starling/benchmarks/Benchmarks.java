package org.starling.benchmarks;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starling.benchmarks.averaging.AveragingCommand;
import org.starling.benchmarks.averaging.LatencyCommand;
import org.starling.benchmarks.averaging.MemoryCommand;
import org.starling.benchmarks.orders.BanCommand;
import org.starling.benchmarks.tokens.TokensCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code ./starling bench}. Exit codes: 0 done, 1 it did not work, 2 wrong arguments. */
@Command(
        name = "starling bench",
        mixinStandardHelpOptions = true,
        description = "Measures parts of the swarm on this machine.",
        synopsisSubcommandLabel = "BENCHMARK",
        subcommands = {
            AveragingCommand.class,
            BanCommand.class,
            CodecsCommand.class,
            LatencyCommand.class,
            MemoryCommand.class,
            TokensCommand.class,
            HelpCommand.class
        })
public final class Benchmarks implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Benchmarks());
    }

    @Override
    public void run() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        throw new ParameterException(
                command, "Say which benchmark: averaging, ban, codecs, latency, memory or tokens.");
    }
}
