package org.starling.benchmarks.averaging;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The most memory that is really held while something runs: collects garbage again and again and looks what is left. Slows
 * down what it watches, so nothing else can be measured meanwhile.
 */
final class MemoryWatch {
    private static final long PAUSE_MILLIS = 20;

    private MemoryWatch() {}

    /** What runs; anything may be thrown. */
    interface Task {
        void run() throws Exception;
    }

    /**
     * @return bytes at the worst moment that was seen: on the heap beyond those before, and all that is outside it, whether in use
     *     or kept for later
     */
    static long peak(Task task) throws Exception {
        long before = heap();
        AtomicBoolean done = new AtomicBoolean();
        long[] peak = {0};
        Thread watcher = new Thread(
                () -> {
                    while (!done.get()) {
                        peak[0] = Math.max(peak[0], heap() - before + direct());
                        try {
                            Thread.sleep(PAUSE_MILLIS);
                        } catch (InterruptedException e) {
                            return;
                        }
                    }
                },
                "memory-watch");
        watcher.start();
        try {
            task.run();
        } finally {
            done.set(true);
            watcher.join();
        }
        return peak[0];
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        long bytes = Math.max(0, PlatformDependent.usedDirectMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            bytes += pool.getMemoryUsed();
        }
        return bytes;
    }
}
