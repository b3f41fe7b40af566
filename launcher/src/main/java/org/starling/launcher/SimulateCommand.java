package org.starling.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code starling simulate}: hands its arguments to the simulator. */
@Command(
        name = "simulate",
        description = {
            "Runs the swarm's protocol with many peers in virtual time, from one seed, and reports what happened; see"
                    + " ./starling simulate --help."
        })
final class SimulateCommand implements Callable<Integer> {
    private static final Tool SIMULATOR =
            new Tool("simulator", "org.starling.simulator.Simulator", List.of("-XX:+UseParallelGC"));

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        return SIMULATOR.run(arguments);
    }
}
