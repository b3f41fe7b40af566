package org.starling.benchmarks.measure;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/** The machine on which something is measured. */
public final class Machine {
    private Machine() {}

    /** Processes that run or wait to run, over the last minute; negative where the system does not tell. */
    public static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /** The machine, and how busy it was before and is now. */
    public static String describe(double loadBefore) {
        return String.format(
                Locale.ROOT,
                "%s, Java %s, %d processors, load before %.1f, after %.1f.",
                System.getProperty("os.arch"),
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                loadBefore,
                load());
    }
}
