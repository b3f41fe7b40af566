package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.StreamByteDistributor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class InOrderDistributorTest {
    private static final int LARGE = 500_000;

    private final Http2Connection connection = new DefaultHttp2Connection(false);
    private final InOrderDistributor distributor = new InOrderDistributor(connection);
    private final Map<Integer, Pending> streams = new HashMap<>();
    private final List<String> written = new ArrayList<>();

    /** What a flow controller knows of a stream. */
    private final class Pending implements StreamByteDistributor.StreamState {
        private final Http2Stream stream;
        private int bytes;
        private boolean frame;
        private int window = 1 << 24;

        Pending(int id) throws Http2Exception {
            stream = connection.local().createStream(id, false);
        }

        void add(int more) {
            bytes += more;
            frame = true;
            distributor.updateStreamableBytes(this);
        }

        void window(int size) {
            window = size;
            distributor.updateStreamableBytes(this);
        }

        @Override
        public Http2Stream stream() {
            return stream;
        }

        @Override
        public long pendingBytes() {
            return bytes;
        }

        @Override
        public boolean hasFrame() {
            return frame;
        }

        @Override
        public int windowSize() {
            return window;
        }
    }

    private Pending stream(int id) throws Http2Exception {
        Pending pending = new Pending(id);
        streams.put(id, pending);
        return pending;
    }

    private boolean distribute(int bytes) throws Http2Exception {
        return distributor.distribute(bytes, (stream, count) -> {
            written.add(stream.id() + ":" + count);
            Pending pending = Objects.requireNonNull(streams.get(stream.id()));
            pending.bytes -= count;
            pending.frame = pending.bytes > 0;
            pending.window(pending.window - count);
        });
    }

    @Test
    void aMessageIsCompleteBeforeTheNextBegins() throws Exception {
        Pending second = stream(3);
        stream(5).add(LARGE);
        second.add(LARGE);

        assertThat(distribute(LARGE + 1000)).isTrue();
        assertThat(distribute(LARGE)).isFalse();

        assertThat(written).containsExactly("5:" + LARGE, "3:1000", "3:" + (LARGE - 1000));
    }

    @Test
    void smallMessagesAndTheEndsOfStreamsGoAheadOfLargeOnes() throws Exception {
        stream(1).add(LARGE);
        stream(3).add(100);
        stream(5).add(0);

        assertThat(distribute(1000)).isTrue();
        assertThat(distribute(0)).isTrue();

        assertThat(written).containsExactly("3:100", "5:0", "1:900");
    }

    @Test
    void whoeverMayNotSendIsPassedOverUntilItMay() throws Exception {
        Pending first = stream(1);
        first.add(LARGE);
        first.window(200_000);
        stream(3).add(LARGE);

        assertThat(distribute(300_000)).isTrue();
        assertThat(distribute(LARGE)).isFalse();
        first.window(LARGE);
        assertThat(distribute(LARGE)).isFalse();

        assertThat(written).containsExactly("1:200000", "3:100000", "3:" + (LARGE - 100_000), "1:" + (LARGE - 200_000));
    }

    @Test
    void aStreamThatHasBeenClosedIsForgotten() throws Exception {
        Pending closed = stream(1);
        closed.add(LARGE);
        stream(3).add(LARGE);
        closed.stream().close();

        assertThat(distribute(2 * LARGE)).isFalse();

        assertThat(written).containsExactly("3:" + LARGE);
    }

    @Test
    void nothingIsRepeatedForAStreamOfWhichNothingCouldBeWritten() throws Exception {
        stream(1).add(LARGE);

        assertThat(distributor.distribute(LARGE, (stream, bytes) -> written.add("tried")))
                .isFalse();

        assertThat(written).containsExactly("tried");
    }
}
