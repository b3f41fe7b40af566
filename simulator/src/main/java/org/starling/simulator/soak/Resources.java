package org.starling.simulator.soak;

import com.sun.management.UnixOperatingSystemMXBean;
import io.grpc.channelz.v1.Channel;
import io.grpc.channelz.v1.GetTopChannelsRequest;
import io.grpc.channelz.v1.GetTopChannelsResponse;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.stub.StreamObserver;
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
 * @param channels of gRPC's clients that have not ended, connected or not
 */
record Resources(int peerThreads, long directBytes, long openFiles, int channels) {
    private static final long MEBIBYTE = 1 << 20;
    /** A pool of buffers keeps some for the next who need them. */
    private static final long POOLED_BYTES = 64 * MEBIBYTE;

    private static final long SPARE_FILES = 8;

    private static final int CHANNELS_OF_A_PAGE = 500;

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
        return new Resources(threads, direct, files, countChannels());
    }

    private static int countChannels() {
        ChannelzService channelz = ChannelzService.newInstance(CHANNELS_OF_A_PAGE);
        Page page = new Page();
        do {
            channelz.getTopChannels(
                    GetTopChannelsRequest.newBuilder()
                            .setStartChannelId(page.next)
                            .build(),
                    page);
        } while (!page.last);
        return page.count;
    }

    /** Counts what comes, page by page; the service answers at once. */
    private static final class Page implements StreamObserver<GetTopChannelsResponse> {
        private long next;
        private int count;
        private boolean last;

        @Override
        public void onNext(GetTopChannelsResponse channels) {
            count += channels.getChannelCount();
            last = channels.getEnd();
            for (Channel channel : channels.getChannelList()) {
                next = Math.max(next, channel.getRef().getChannelId() + 1);
            }
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException("gRPC does not say which channels there are", failure);
        }

        @Override
        public void onCompleted() {
            // each page is an answer of its own
        }
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
        if (channels > before.channels) {
            leaks.add(channels - before.channels + " channels have not ended");
        }
        return leaks;
    }

    @Override
    public String toString() {
        return peerThreads + " peer threads, " + directBytes / MEBIBYTE + " MiB direct memory, " + openFiles
                + " open files, " + channels + " channels";
    }
}
