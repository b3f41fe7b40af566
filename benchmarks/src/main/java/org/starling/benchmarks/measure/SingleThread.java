package org.starling.benchmarks.measure;

import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs JMH benchmarks on one thread.
 *
 * @param forks processes for each figure; 0 for none of its own
 * @param iterationMillis length of one measurement, of which each figure takes five and four to warm up
 */
public record SingleThread(int forks, int iterationMillis) {
    private static final int WARM_UPS = 4;
    private static final int MEASUREMENTS = 5;

    /**
     * The best of the measurements: whatever else runs on the machine makes the others slower.
     *
     * @return in the benchmark's unit of time
     */
    public double best(Class<?> benchmark, String method, Map<String, String> parameters) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmark.getName() + "\\." + method + "$")
                .forks(forks)
                .threads(1)
                .warmupIterations(WARM_UPS)
                .warmupTime(TimeValue.milliseconds(iterationMillis))
                .measurementIterations(MEASUREMENTS)
                .measurementTime(TimeValue.milliseconds(iterationMillis))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        parameters.forEach(options::param);
        RunResult result = new Runner(options.build()).runSingle();
        return result.getPrimaryResult().getStatistics().getMin();
    }
}
