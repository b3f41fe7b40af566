package org.starling.benchmarks.averaging;

import io.grpc.netty.GrpcSslContexts;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.Tls;

/**
 * The reference: TLS connections of the same provider and the same kind of socket as the peers', over which given numbers of bytes
 * flow in both directions at once. Each side copies its bytes out of an array and throws away what comes.
 */
final class BareStreams implements AutoCloseable {
    private static final int CHUNK = 64 << 10;
    private static final byte[] SOURCE = new byte[CHUNK];

    private final EventLoopGroup group;
    private final SslContext client;
    private final Channel server;
    private final List<Channel> channels = new ArrayList<>();
    private final Map<String, Stream> accepted = new ConcurrentHashMap<>();

    /** One connection: how many bytes its client sends, and how many its server. */
    record Load(long there, long back) {}

    BareStreams(PeerIdentity identity) throws SSLException, InterruptedException {
        this.group = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
        this.client = GrpcSslContexts.configure(
                        SslContextBuilder.forClient().keyManager(identity.tlsKey(), identity.certificate()))
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
        SslContext serving = Tls.server(identity);
        this.server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        Stream stream = new Stream();
                        accepted.put(channel.remoteAddress().toString(), stream);
                        channel.pipeline().addLast(serving.newHandler(channel.alloc()), stream);
                    }
                })
                .bind(new InetSocketAddress("127.0.0.1", 0))
                .sync()
                .channel();
    }

    /** Opens as many connections as there are to be. */
    void open(int connections) throws InterruptedException {
        while (channels.size() < connections) {
            Stream stream = new Stream();
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(client.newHandler(channel.alloc()), stream);
                        }
                    })
                    .connect(server.localAddress())
                    .sync()
                    .channel();
            stream.ready.await();
            channels.add(channel);
        }
    }

    /**
     * Carries the loads, each over a connection of its own.
     *
     * @return seconds until the last byte had come
     */
    double carry(List<Load> loads) throws InterruptedException {
        open(loads.size());
        CountDownLatch done = new CountDownLatch(2 * loads.size());
        List<Runnable> starts = new ArrayList<>();
        for (int i = 0; i < loads.size(); i++) {
            Load load = loads.get(i);
            Channel channel = channels.get(i);
            Stream near = channel.pipeline().get(Stream.class);
            Stream far =
                    Objects.requireNonNull(accepted.get(channel.localAddress().toString()));
            starts.add(near.expect(load.there(), load.back(), done));
            starts.add(far.expect(load.back(), load.there(), done));
        }
        long began = System.nanoTime();
        starts.forEach(Runnable::run);
        if (!done.await(10, TimeUnit.MINUTES)) {
            throw new IllegalStateException("The bare streams stand still");
        }
        return (System.nanoTime() - began) / 1e9;
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** One side of a connection. */
    private static final class Stream extends ChannelInboundHandlerAdapter {
        final CountDownLatch ready = new CountDownLatch(1);
        private volatile @Nullable ChannelHandlerContext context;
        private long toSend;
        private long toReceive;
        private CountDownLatch done = new CountDownLatch(0);

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent) {
                ready.countDown();
            }
        }

        /** To be called before any byte flows; returns what begins to send. */
        Runnable expect(long send, long receive, CountDownLatch latch) {
            toSend = send;
            toReceive = receive;
            done = latch;
            if (receive == 0) {
                latch.countDown();
            }
            ChannelHandlerContext ctx = Objects.requireNonNull(context);
            return () -> ctx.executor().execute(() -> write(ctx));
        }

        private void write(ChannelHandlerContext ctx) {
            while (toSend > 0 && ctx.channel().isWritable()) {
                int length = (int) Math.min(CHUNK, toSend);
                ByteBuf chunk = ctx.alloc().directBuffer(length).writeBytes(SOURCE, 0, length);
                toSend -= length;
                ctx.write(chunk);
            }
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            write(ctx);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            toReceive -= bytes.readableBytes();
            bytes.release();
            if (toReceive == 0) {
                done.countDown();
            }
        }
    }
}
