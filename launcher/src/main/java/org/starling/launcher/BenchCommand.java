package org.starling.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code starling bench}: hands its arguments to the benchmarks. */
@Command(
        name = "bench",
        description = {"Measures how fast the swarm's parts are on this machine; see ./starling bench --help."})
final class BenchCommand implements Callable<Integer> {
    /** With regions of a megabyte, parts of half a megabyte stay where they are until nobody needs them. */
    private static final Tool BENCHMARKS = new Tool(
            "benchmarks", "org.starling.benchmarks.Benchmarks", List.of("-XX:+UseG1GC", "-XX:G1HeapRegionSize=1m"));

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        return BENCHMARKS.run(arguments);
    }
}
