package org.starling.checkpoint.hub;

import java.time.Duration;

/** Waits; a test's pauses take no time. */
@FunctionalInterface
public interface Pause {
    Pause SLEEP = duration -> Thread.sleep(duration.toMillis());

    void take(Duration duration) throws InterruptedException;
}
