package org.starling.benchmarks;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** What a test of a benchmark's command needs: to run it as {@code starling bench} does, and what it has printed. */
abstract class BenchmarkCommand {
    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();

    /** Returns the exit code. */
    int execute(String... arguments) {
        CommandLine command = Benchmarks.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(arguments);
    }
}
