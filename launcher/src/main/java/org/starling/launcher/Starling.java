package org.starling.launcher;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.suite.SuiteException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code starling}. Exit codes: 0 done, 1 it did not work, 2 wrong arguments; others are
 * in the help of the command. */
@Command(
        name = "starling",
        mixinStandardHelpOptions = true,
        version = "Starling 0.1.0",
        sortOptions = false,
        description = "People who have never met train one neural network together.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            JoinCommand.class,
            StatusCommand.class,
            StopCommand.class,
            DatasetCommand.class,
            SimulateCommand.class,
            SoakCommand.class,
            BenchCommand.class,
            HelpCommand.class
        })
public final class Starling implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Starling())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(command.getColorScheme().errorText(tell(failure)));
                    return command.getCommandSpec().exitCodeOnExecutionException();
                })
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** A failure as a sentence. */
    static String tell(Exception failure) {
        String message = failure.getMessage();
        boolean known = failure instanceof SuiteException
                || failure instanceof IOException
                || failure instanceof IllegalStateException
                || failure instanceof IllegalArgumentException;
        return known && message != null ? message : failure.toString();
    }

    @Override
    public void run() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        throw new ParameterException(
                command, "Say which command: demo, join, status, stop, dataset, simulate, soak or bench.");
    }
}
