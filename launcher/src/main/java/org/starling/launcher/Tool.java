package org.starling.launcher;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of another module that gets a command's arguments, in a process of its own with the machine's memory.
 *
 * @param module its jar is {@code <module>/target/<module>.jar}, beside {@code lib}
 * @param collector options of the garbage collector that suits it
 */
record Tool(String module, String mainClass, List<String> collector) {
    private static final String HOME = "starling.home";
    private static final long MAX_HEAP_MEGABYTES = 12_288;

    /**
     * Runs it to its end.
     *
     * @return its exit code
     * @throws IOException if it is not built or does not start
     */
    int run(List<String> arguments) throws IOException, InterruptedException {
        Path target = Path.of(System.getProperty(HOME, "."), module, "target");
        Path jar = target.resolve(module + ".jar");
        if (!Files.isRegularFile(jar)) {
            throw new IOException(
                    "The module " + module + " is not built: " + jar + " is missing; run ./starling, which builds it.");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx" + heapMegabytes() + "m",
                "-Djava.net.preferIPv4Stack=true",
                "-Dfile.encoding=UTF-8",
                "-Dstarling.terminal=" + Boolean.getBoolean("starling.terminal"),
                "-cp",
                jar + System.getProperty("path.separator") + target.resolve("lib") + "/*",
                mainClass));
        command.addAll(1, collector);
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process), "end-" + module));
        return process.waitFor();
    }

    /** Three quarters of the machine's memory, as far as there is use for it. */
    private static long heapMegabytes() {
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return Math.max(256, Math.min(MAX_HEAP_MEGABYTES, (memory >> 20) * 3 / 4));
    }

    /** A signal has come: the program gets it too, and ends before this process does. */
    private static void end(Process process) {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
