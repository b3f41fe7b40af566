package org.starling.simulator;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets a signal end what a thread runs before its time, and gives it the time to tell what it has found by then. */
final class EarlyEnd implements AutoCloseable {
    private static final long SECONDS_TO_TELL = 60;

    private final CountDownLatch told = new CountDownLatch(1);
    private final Thread hook;

    private EarlyEnd(Thread running) {
        hook = new Thread(
                () -> {
                    running.interrupt();
                    try {
                        told.await(SECONDS_TO_TELL, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "early-end");
    }

    /** From now on a signal interrupts this thread, and the process ends when this object is closed. */
    static EarlyEnd ofThisThread() {
        EarlyEnd end = new EarlyEnd(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(end.hook);
        return end;
    }

    @Override
    public void close() {
        told.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException itRuns) {
            // the signal has come
        }
    }
}
