package org.starling.benchmarks.averaging;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
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
     * Bytes at the worst moment that was seen.
     *
     * @param heap beyond those before
     * @param direct outside the heap, whether in use or kept for later
     */
    record Peak(long heap, long direct) {
        long total() {
            return heap + direct;
        }

        private Peak or(Peak other) {
            return other.total() > total() ? other : this;
        }
    }

    static Peak peak(Task task) throws Exception {
        long before = heap();
        AtomicBoolean done = new AtomicBoolean();
        Peak[] peak = {new Peak(0, 0)};
        Thread watcher = new Thread(
                () -> {
                    while (!done.get()) {
                        peak[0] = peak[0].or(new Peak(heap() - before, direct()));
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

    /** What the collector left; what was allocated since then may be garbage already. */
    private static long heap() {
        System.gc();
        return ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class).stream()
                .map(GarbageCollectorMXBean::getLastGcInfo)
                .filter(Objects::nonNull)
                .max(Comparator.comparingLong(GcInfo::getEndTime))
                .map(MemoryWatch::left)
                .orElseThrow(() -> new IllegalStateException("System.gc() collects nothing here: is it disabled?"));
    }

    private static long left(GcInfo collection) {
        Map<String, MemoryUsage> after = collection.getMemoryUsageAfterGc();
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(pool -> after.get(pool.getName()))
                .filter(Objects::nonNull)
                .mapToLong(MemoryUsage::getUsed)
                .sum();
    }

    private static long direct() {
        long bytes = Math.max(0, PlatformDependent.usedDirectMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            bytes += pool.getMemoryUsed();
        }
        return bytes;
    }
}
