package org.starling.benchmarks.averaging;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Emulates the lines of peers between real sockets of this machine: a port for each pair of peers, whose connections are
 * relayed to the peer called. What a peer sends to all others passes its uplink one after another at the line's rate, then the
 * downlink of the receiver, and arrives after the delay. A connection has room for what the line holds, and a bit more; whoever
 * writes faster waits, as with TCP.
 */
final class Links implements AutoCloseable {
    private static final int CHUNK = 32 << 10;
    private static final byte[] END = {};

    private final Shape shape;
    private final List<Line> up = new ArrayList<>();
    private final List<Line> down = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    /** @param bytesPerSecond of each peer's line, in each direction */
    record Shape(String name, double bytesPerSecond, long delayNanos) {
        static final Shape GIGABIT = new Shape("1 Gbit/s, 20 ms", 125e6, 20_000_000);
        static final Shape HUNDRED_MEGABIT = new Shape("100 Mbit/s, 20 ms", 12.5e6, 20_000_000);
    }

    /** One direction of a peer's line: when it will have carried what has been given to it. */
    private static final class Line {
        private final double bytesPerNano;
        private final AtomicLong freeAt = new AtomicLong(System.nanoTime());

        Line(double bytesPerSecond) {
            bytesPerNano = bytesPerSecond / 1e9;
        }

        /** @return when so many bytes that come at a time are through */
        long carry(long at, int bytes) {
            return freeAt.updateAndGet(free -> Math.max(free, at) + takes(bytes));
        }

        /** Nanoseconds. */
        long takes(int bytes) {
            return (long) (bytes / bytesPerNano);
        }
    }

    /** @param arrivesFrom when its first byte is at the end of the line that it has come by */
    private record Chunk(byte[] bytes, long arrivesFrom) {}

    Links(Shape shape, int peers) {
        this.shape = shape;
        for (int i = 0; i < peers; i++) {
            up.add(new Line(shape.bytesPerSecond()));
            down.add(new Line(shape.bytesPerSecond()));
        }
    }

    /** @return the port that one peer dials to reach another, who listens at the given port */
    int between(int from, int to, int port) throws IOException {
        ServerSocket entrance = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        open(entrance);
        run("link-entrance", () -> {
            while (true) {
                Socket near = entrance.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
                open(near);
                open(far);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                relay(near, far, up.get(from), down.get(to));
                relay(far, near, up.get(to), down.get(from));
            }
        });
        return entrance.getLocalPort();
    }

    private void relay(Socket source, Socket target, Line uplink, Line downlink) throws IOException {
        double held = shape.bytesPerSecond() * 3 * shape.delayNanos() / 1e9 + (1 << 20);
        BlockingQueue<Chunk> line = new ArrayBlockingQueue<>((int) (held / CHUNK) + 1);
        InputStream in = source.getInputStream();
        OutputStream out = target.getOutputStream();
        run("link-in", () -> {
            byte[] buffer = new byte[CHUNK];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                byte[] bytes = Arrays.copyOf(buffer, read);
                long sent = uplink.carry(System.nanoTime(), read);
                line.put(new Chunk(bytes, sent - uplink.takes(read) + shape.delayNanos()));
            }
            line.put(new Chunk(END, System.nanoTime() + shape.delayNanos()));
        });
        run("link-out", () -> {
            while (true) {
                Chunk chunk = line.take();
                waitUntil(chunk.arrivesFrom());
                if (chunk.bytes() == END) {
                    target.shutdownOutput();
                    return;
                }
                // only now: what others send to the same peer may come earlier, although it was sent later; and
                // a packet need not be complete at one end before it begins at the other
                waitUntil(downlink.carry(chunk.arrivesFrom(), chunk.bytes().length));
                out.write(chunk.bytes());
            }
        });
    }

    private static void waitUntil(long nanos) {
        long wait;
        while ((wait = nanos - System.nanoTime()) > 0) {
            LockSupport.parkNanos(wait);
        }
    }

    private interface Job {
        void run() throws IOException, InterruptedException;
    }

    private static void run(String name, Job job) {
        Thread thread = new Thread(
                () -> {
                    try {
                        job.run();
                    } catch (IOException | InterruptedException closed) {
                        // the connection has ended, and with it its relay
                        Thread.currentThread().interrupt();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void open(AutoCloseable socket) {
        open.add(socket);
    }

    @Override
    public synchronized void close() throws IOException {
        for (AutoCloseable socket : open) {
            try {
                socket.close();
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
