package org.starling.simulator;

import java.io.IOException;
import org.starling.simulator.scenario.InvalidScenarioException;
import picocli.CommandLine;

/** The program behind {@code ./starling simulate}. Exit codes: 0 done, 1 an invariant failed or it did not work, 2 wrong arguments. */
public final class Simulator {
    private Simulator() {}

    public static void main(String[] arguments) {
        System.exit(commandLine(new SimulateCommand()).execute(arguments));
    }

    static CommandLine commandLine(SimulateCommand simulate) {
        return new CommandLine(simulate).setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println(command.getColorScheme().errorText(tell(failure)));
            return failure instanceof InvalidScenarioException
                    ? command.getCommandSpec().exitCodeOnInvalidInput()
                    : command.getCommandSpec().exitCodeOnExecutionException();
        });
    }

    /** A failure as a sentence. */
    private static String tell(Exception failure) {
        boolean known = failure instanceof InvalidScenarioException || failure instanceof IOException;
        String message = failure.getMessage();
        return known && message != null ? message : failure.toString();
    }
}
