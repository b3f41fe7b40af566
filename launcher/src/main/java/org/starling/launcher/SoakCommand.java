package org.starling.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code starling soak}: hands its arguments to the soak test. */
@Command(
        name = "soak",
        description = {
            "Kills and starts peers at random over real sockets, and tells whether they end in one state and leave nothing"
                    + " behind; see ./starling soak --help."
        })
final class SoakCommand implements Callable<Integer> {
    private static final Tool SOAK =
            new Tool("simulator", "org.starling.simulator.soak.SoakCommand", List.of("-XX:+UseG1GC"));

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        return SOAK.run(arguments);
    }
}
