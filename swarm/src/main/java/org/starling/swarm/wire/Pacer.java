package org.starling.swarm.wire;

import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a peer sends and receives under the limits that its owner has set: over all connections together, those that it
 * made and those that others made, TLS included. What is too much waits, and as the windows of HTTP/2 and TCP fill up, whoever
 * produces it waits too. One for a peer, for its transport and its server; without a limit it changes nothing. Close it after
 * those.
 */
public final class Pacer implements AutoCloseable {
    private static final long CHECK_MILLIS = 100;

    /** No byte waits longer, so it must be more than what {@link #MAX_QUEUE_MILLIS} and a few frames take. */
    private static final long MAX_PAUSE_MILLIS = 15_000;

    /** A connection on which what waits would take longer takes no more; whoever writes is told. */
    private static final long MAX_QUEUE_MILLIS = 250;

    private final @Nullable Limited limited;

    private record Limited(
            ScheduledExecutorService timer,
            EventLoopGroup boss,
            EventLoopGroup workers,
            GlobalTrafficShapingHandler shaper) {
        Channel paced(Channel channel) {
            channel.pipeline().addFirst(shaper);
            return channel;
        }
    }

    /**
     * @param maxUpload bytes a second; 0 for no limit
     * @param maxDownload bytes a second; 0 for no limit
     * @throws IllegalArgumentException if one is negative
     */
    public Pacer(long maxUpload, long maxDownload) {
        if (maxUpload < 0 || maxDownload < 0) {
            throw new IllegalArgumentException(
                    "A limit cannot be less than nothing: " + maxUpload + ", " + maxDownload);
        }
        if (maxUpload == 0 && maxDownload == 0) {
            limited = null;
            return;
        }
        ScheduledExecutorService timer =
                Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("swarm-pacer", true));
        GlobalTrafficShapingHandler shaper =
                new GlobalTrafficShapingHandler(timer, maxUpload, maxDownload, CHECK_MILLIS, MAX_PAUSE_MILLIS);
        shaper.setMaxWriteDelay(MAX_QUEUE_MILLIS);
        limited = new Limited(timer, group(1), group(0), shaper);
    }

    /** Without limits. */
    public static Pacer unlimited() {
        return new Pacer(0, 0);
    }

    private static EventLoopGroup group(int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory("swarm-paced", true), NioIoHandler.newFactory());
    }

    /** Makes the connections of a channel keep to the limits. */
    public NettyChannelBuilder pace(NettyChannelBuilder builder) {
        return limited == null
                ? builder
                : builder.eventLoopGroup(limited.workers)
                        .channelFactory((ChannelFactory<Channel>) () -> limited.paced(new NioSocketChannel()));
    }

    /** Makes the connections to a server keep to the limits. */
    public NettyServerBuilder pace(NettyServerBuilder builder) {
        return limited == null
                ? builder
                : builder.bossEventLoopGroup(limited.boss)
                        .workerEventLoopGroup(limited.workers)
                        .channelFactory(() -> new PacedServerChannel(limited));
    }

    @Override
    public void close() {
        if (limited != null) {
            limited.shaper.release();
            limited.workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            limited.boss.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            limited.timer.shutdownNow();
        }
    }

    private static final class PacedServerChannel extends NioServerSocketChannel {
        private final Limited limited;

        PacedServerChannel(Limited limited) {
            this.limited = limited;
        }

        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int before = accepted.size();
            int count = super.doReadMessages(accepted);
            accepted.subList(before, accepted.size()).forEach(channel -> limited.paced((Channel) channel));
            return count;
        }
    }
}
