package org.starling.swarm.runtime;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * A log of what others can bring about as often as they like: a line in ten seconds at most, which says how many were left out
 * before it. What others have written is shortened, and keeps to its line. Safe for use by several threads.
 */
public final class SparingLog {
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final int MAX_CHARACTERS = 400;

    private final Consumer<String> log;
    private final InstantSource clock;
    private Instant last = Instant.EPOCH;
    private long leftOut;

    /** @param log takes a line, such as {@code log::info} */
    public SparingLog(Consumer<String> log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /** Logs a message, or counts it. */
    public synchronized void info(String message) {
        Instant now = clock.instant();
        if (Duration.between(last, now).abs().compareTo(PAUSE) < 0) {
            leftOut++;
            return;
        }
        last = now;
        log.accept(printable(message) + (leftOut == 0 ? "" : " (and " + leftOut + " more like it before)"));
        leftOut = 0;
    }

    /** What another has written, as it may stand in a line of a log. */
    public static String printable(String text) {
        String line = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS) + "...";
        return line.replaceAll("\\p{Cntrl}", " ");
    }
}
