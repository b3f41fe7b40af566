package org.starling.simulator.soak;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process holds.
 *
 * @param peerThreads threads of peers; those that Netty shares among all do not count
 * @param directBytes memory outside the heap: Netty's and the JVM's buffers
 * @param openFiles sockets among them; -1 where the system does not tell
 */
record Resources(int peerThreads, long directBytes, long openFiles) {
    private static final long MEBIBYTE = 1 << 20;
    /** A pool of buffers keeps some for the next who need them. */
    private static final long POOLED_BYTES = 64 * MEBIBYTE;

    private static final long SPARE_FILES = 8;

    static Resources now() {
        int threads = (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("swarm-"))
                .count();
        long direct = Math.max(0, PlatformDependent.usedDirectMemory())
                + ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : -1;
        return new Resources(threads, direct, files);
    }

    /** What there is more than before, beyond what pools keep; a sentence each. */
    List<String> leaksSince(Resources before) {
        List<String> leaks = new ArrayList<>();
        if (peerThreads > before.peerThreads) {
            leaks.add(peerThreads - before.peerThreads + " threads of peers are left");
        }
        if (directBytes > before.directBytes + POOLED_BYTES) {
            leaks.add((directBytes - before.directBytes) / MEBIBYTE + " MiB of direct memory are left");
        }
        if (openFiles > before.openFiles + SPARE_FILES) {
            leaks.add(openFiles - before.openFiles + " files or sockets are left open");
        }
        return leaks;
    }

    @Override
    public String toString() {
        return peerThreads + " peer threads, " + directBytes / MEBIBYTE + " MiB direct memory, " + openFiles
                + " open files";
    }
}
