package org.starling.launcher;

import java.io.PrintWriter;

/**
 * Where the demo speaks: lines that stay, and one live line below them on a terminal. Elsewhere a new live line is
 * printed as an ordinary one, when it says something new, every so often. Thread-safe.
 */
final class Terminal {
    private static final String CLEAR_LINE = "\r\033[K";
    private static final long PLAIN_INTERVAL_NANOS = 10_000_000_000L;

    private final PrintWriter out;
    private final boolean interactive;
    private String live = "";
    private long printedAt;

    /** @param interactive whether {@code out} is a terminal */
    Terminal(PrintWriter out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
        this.printedAt = System.nanoTime() - PLAIN_INTERVAL_NANOS;
    }

    /** A line that stays. */
    synchronized void say(String line) {
        if (interactive && !live.isEmpty()) {
            out.print(CLEAR_LINE);
        }
        out.println(line);
        if (interactive) {
            out.print(live);
        }
        out.flush();
    }

    /** Replaces the live line. */
    synchronized void live(String line) {
        if (interactive) {
            out.print(CLEAR_LINE + line);
            live = line;
        } else if (!line.equals(live) && System.nanoTime() - printedAt >= PLAIN_INTERVAL_NANOS) {
            out.println(line);
            live = line;
            printedAt = System.nanoTime();
        }
        out.flush();
    }

    /** Leaves the live line where it is. */
    synchronized void endLive() {
        if (interactive && !live.isEmpty()) {
            out.println();
        }
        live = "";
        out.flush();
    }
}
