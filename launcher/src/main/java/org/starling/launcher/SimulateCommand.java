package org.starling.launcher;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * {@code starling simulate}: hands its arguments to the simulator, in a process of its own with room for a thousand peers.
 */
@Command(
        name = "simulate",
        description = {
            "Runs the swarm's protocol with many peers in virtual time, from one seed, and reports what happened; see"
                    + " ./starling simulate --help."
        })
final class SimulateCommand implements Callable<Integer> {
    private static final String HOME = "starling.home";
    private static final String MAIN_CLASS = "org.starling.simulator.Simulator";
    private static final long MAX_HEAP_MEGABYTES = 4096;

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path target = Path.of(System.getProperty(HOME, "."), "simulator", "target");
        Path jar = target.resolve("simulator.jar");
        if (!Files.isRegularFile(jar)) {
            throw new IOException(
                    "The simulator is not built: " + jar + " is missing; run ./starling, which builds it.");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseParallelGC",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx" + heapMegabytes() + "m",
                "-Djava.net.preferIPv4Stack=true",
                "-Dfile.encoding=UTF-8",
                "-Dstarling.terminal=" + Boolean.getBoolean("starling.terminal"),
                "-cp",
                jar + System.getProperty("path.separator") + target.resolve("lib") + "/*",
                MAIN_CLASS));
        command.addAll(arguments);
        Process simulator = new ProcessBuilder(command).inheritIO().start();
        Thread hook = new Thread(() -> end(simulator), "end-simulator");
        Runtime.getRuntime().addShutdownHook(hook);
        return simulator.waitFor();
    }

    /** Three quarters of the machine's memory, as far as a simulation has use for it. */
    private static long heapMegabytes() {
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return Math.max(256, Math.min(MAX_HEAP_MEGABYTES, (memory >> 20) * 3 / 4));
    }

    /** A signal has come: the simulator gets it too, and ends before this process does. */
    private static void end(Process simulator) {
        simulator.destroy();
        try {
            simulator.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
