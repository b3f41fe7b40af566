package org.starling.simulator;

import java.io.PrintWriter;
import java.util.Locale;
import org.starling.simulator.report.Quantity;
import org.starling.swarm.simulation.Simulation.Progress;

/** How far a simulation is: one line that changes on a terminal, elsewhere a line every so often. Thread-safe. */
final class ProgressLine {
    private static final String CLEAR_LINE = "\r\033[K";
    private static final long TERMINAL_INTERVAL_NANOS = 500_000_000L;
    private static final long PLAIN_INTERVAL_NANOS = 30_000_000_000L;

    private final PrintWriter out;
    private final boolean interactive;
    private long printedAt = System.nanoTime();
    private boolean shown;

    ProgressLine(PrintWriter out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    void show(Progress progress) {
        double wall = progress.wall().toNanos() / 1e9;
        show(String.format(
                Locale.ROOT,
                "%s of virtual time, %.0f times as fast as the clock, epoch %s, %d peers up",
                Quantity.duration(progress.virtual()),
                wall == 0 ? 0 : progress.virtual().toNanos() / 1e9 / wall,
                Quantity.count(progress.epoch()),
                progress.up()));
    }

    synchronized void show(String line) {
        long now = System.nanoTime();
        if (now - printedAt < (interactive ? TERMINAL_INTERVAL_NANOS : PLAIN_INTERVAL_NANOS)) {
            return;
        }
        printedAt = now;
        if (interactive) {
            out.print(CLEAR_LINE + line);
            shown = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** Makes room for something else. */
    synchronized void clear() {
        if (shown) {
            out.print(CLEAR_LINE);
            out.flush();
            shown = false;
        }
    }
}
