package org.starling.launcher.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the JVMs of one small machine are run: eight of them start at once on perhaps two cores.
 *
 * <p>Services answer few requests, so the first compiler is enough and the serial collector needs the fewest threads.
 * Trainers step and average in Java, which the second compiler makes several times faster.
 */
final class Jvm {
    private static final List<String> COMMON = List.of(
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-Xss512k",
            "-Djava.net.preferIPv4Stack=true",
            "-Dspring.jmx.enabled=false",
            "-Dfile.encoding=UTF-8");

    private Jvm() {}

    static List<String> service(int heapMegabytes) {
        return with(heapMegabytes, "-XX:TieredStopAtLevel=1");
    }

    static List<String> trainer(int heapMegabytes) {
        return with(heapMegabytes, "-Djava.awt.headless=true");
    }

    /** One thread for each trainer's arithmetic, which sleeps when it has nothing to do; no downloads. */
    static Map<String, String> trainerEnvironment() {
        return Map.of(
                "OMP_NUM_THREADS", "1",
                "OMP_WAIT_POLICY", "passive",
                "MKL_NUM_THREADS", "1",
                "DJL_OFFLINE", "true",
                "MALLOC_ARENA_MAX", "2");
    }

    static Map<String, String> serviceEnvironment() {
        return Map.of("MALLOC_ARENA_MAX", "2");
    }

    private static List<String> with(int heapMegabytes, String option) {
        List<String> options = new ArrayList<>(COMMON);
        options.add("-Xmx" + heapMegabytes + "m");
        options.add(option);
        return options;
    }
}
