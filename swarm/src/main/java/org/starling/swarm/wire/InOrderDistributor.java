package org.starling.swarm.wire;

import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.StreamByteDistributor;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Which message of a connection goes next: one after another, in the order in which they were given to it, and small ones ahead of
 * large ones. HTTP/2 implementations usually give each stream its turn; a dozen parts that are sent together are then complete
 * all at the end, the receiver has nothing to do until then and holds them all half complete meanwhile. Small messages, such as votes
 * and signs of life, do not wait behind megabytes. Confined to the connection's event loop.
 */
final class InOrderDistributor implements StreamByteDistributor {
    /** What is left of a message if it is to count as small; it takes 13 ms at 10 Mbit/s. */
    private static final int SMALL_BYTES = 16 << 10;

    private final Http2Connection.PropertyKey key;
    private final Deque<Waiting> small = new ArrayDeque<>();
    private final Deque<Waiting> large = new ArrayDeque<>();

    /** What a stream has to send. */
    private static final class Waiting {
        final Http2Stream stream;
        int bytes;
        boolean frame;
        boolean blocked;

        @Nullable Deque<Waiting> queue;

        Waiting(Http2Stream stream) {
            this.stream = stream;
        }

        boolean maySend() {
            // a frame without bytes ends a stream, and needs no window
            return frame && !blocked;
        }
    }

    /** @param connection that has no streams yet */
    InOrderDistributor(Http2Connection connection) {
        key = connection.newKey();
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                Waiting waiting = stream.removeProperty(key);
                if (waiting != null) {
                    leaveQueue(waiting);
                }
            }
        });
    }

    @Override
    public void updateStreamableBytes(StreamState state) {
        Http2Stream stream = state.stream();
        Waiting waiting = stream.getProperty(key);
        if (waiting == null) {
            waiting = new Waiting(stream);
            stream.setProperty(key, waiting);
        }
        waiting.bytes = Http2CodecUtil.streamableBytes(state);
        waiting.frame = state.hasFrame();
        waiting.blocked = state.pendingBytes() > 0 && waiting.bytes == 0;
        Deque<Waiting> queue = !waiting.maySend() ? null : state.pendingBytes() <= SMALL_BYTES ? small : large;
        if (queue != waiting.queue) {
            leaveQueue(waiting);
            if (queue != null) {
                queue.add(waiting);
                waiting.queue = queue;
            }
        }
    }

    private static void leaveQueue(Waiting waiting) {
        if (waiting.queue != null) {
            waiting.queue.remove(waiting);
            waiting.queue = null;
        }
    }

    @Override
    public void updateDependencyTree(int child, int parent, short weight, boolean exclusive) {
        // priorities that the other side would like do not matter among peers
    }

    @Override
    public boolean distribute(int maxBytes, Writer writer) throws Http2Exception {
        int left = maxBytes;
        Waiting next;
        while ((next = first()) != null && (left > 0 || next.bytes == 0)) {
            int bytes = Math.min(left, next.bytes);
            left -= bytes;
            int before = next.bytes;
            try {
                writer.write(next.stream, bytes);
            } catch (Throwable t) {
                throw Http2Exception.connectionError(Http2Error.INTERNAL_ERROR, t, "cannot write to a stream");
            }
            if (next.queue != null && next.bytes == before && first() == next) {
                // the flow controller has reported nothing written; it will report again
                leaveQueue(next);
            }
        }
        return first() != null;
    }

    private @Nullable Waiting first() {
        return small.isEmpty() ? large.peekFirst() : small.peekFirst();
    }
}
