package org.starling.benchmarks;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import org.starling.benchmarks.measure.Machine;
import org.starling.benchmarks.measure.SingleThread;
import org.starling.swarm.compression.Codec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling bench codecs}: speed and error of every codec on one core. */
@Command(
        name = "codecs",
        mixinStandardHelpOptions = true,
        description = "How fast each codec encodes and decodes on one core, and how much it loses.")
final class CodecsCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--codec", paramLabel = "NAME", split = ",", description = "Only these; default: all.")
    private List<String> codecs = new ArrayList<>();

    @Option(
            names = "--elements",
            paramLabel = "N",
            defaultValue = "4194304",
            description = "Values of the gradient; default: ${DEFAULT-VALUE}.")
    private int elements;

    @Option(
            names = "--iteration",
            paramLabel = "MILLISECONDS",
            defaultValue = "300",
            description = "Length of one measurement, of which each figure takes five and four to warm up; default:"
                    + " ${DEFAULT-VALUE}.")
    private int iterationMillis;

    @Option(
            names = "--forks",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processes for each figure, 0 for none of its own; default: ${DEFAULT-VALUE}.")
    private int forks;

    @Override
    public Integer call() throws RunnerException {
        require(elements >= 1 && elements <= 1 << 28, "--elements must be from 1 to " + (1 << 28));
        require(iterationMillis >= 1, "--iteration must be at least 1");
        require(forks >= 0, "--forks must be at least 0");
        List<String> names = codecs.isEmpty() ? Codec.names() : codecs;
        names.forEach(name ->
                require(Codec.names().contains(name), "--codec must be of " + String.join(", ", Codec.names())));
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        double load = Machine.load();
        CodecTable table = new CodecTable(bytesPerSecond("copy", "none"));
        for (String name : names) {
            err.printf("Measuring %s ...%n", name);
            err.flush();
            CodecBenchmark.Gradient sample = new CodecBenchmark.Gradient();
            sample.codec = name;
            sample.elements = elements;
            sample.fill();
            table.add(new CodecTable.Row(
                    name,
                    bytesPerSecond("encode", name),
                    bytesPerSecond("decode", name),
                    bytesPerSecond("both", name),
                    (double) sample.encodedBytes() / elements,
                    sample.error()));
        }
        out.print(table);
        out.printf(
                Locale.ROOT,
                "%,d values in parts of %,d; %s%n",
                elements,
                Math.min(elements, CodecBenchmark.PART),
                Machine.describe(load));
        out.flush();
        return 0;
    }

    private void require(boolean valid, String problem) {
        if (!valid) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
        }
    }

    private double bytesPerSecond(String benchmark, String codec) throws RunnerException {
        double nanos = new SingleThread(forks, iterationMillis)
                .best(CodecBenchmark.class, benchmark, Map.of("codec", codec, "elements", Integer.toString(elements)));
        return (double) elements * Float.BYTES / nanos * 1e9;
    }
}
