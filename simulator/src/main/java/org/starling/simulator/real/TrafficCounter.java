package org.starling.simulator.real;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.starling.swarm.virtual.Traffic;

/**
 * Counts the bytes of the calls that a peer makes: of their messages by purpose, as the simulator counts them, and of the
 * sockets as they are. Thread-safe.
 */
final class TrafficCounter {
    private final Map<String, Long> bytes = new TreeMap<>();
    private final AtomicLong socketBytes = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    /** Has channels built so that they are counted. */
    NettyChannelBuilder count(NettyChannelBuilder channel) {
        return channel.intercept(new MessageCounter()).eventLoopGroup(group).channelFactory(() -> {
            NioSocketChannel socket = new NioSocketChannel();
            socket.pipeline().addFirst(new SocketCounter());
            return socket;
        });
    }

    /** By purpose. */
    synchronized Map<String, Long> bytes() {
        Map<String, Long> all = new TreeMap<>(bytes);
        all.merge(Traffic.CONNECTIONS, connections.get() * Traffic.HANDSHAKE_BYTES, Long::sum);
        return all;
    }

    long socketBytes() {
        return socketBytes.get();
    }

    long connections() {
        return connections.get();
    }

    /** One direction of a call; the hello is in what the simulator counts for a connection. */
    private synchronized void add(MethodDescriptor<?, ?> method, long messageBytes) {
        String purpose = Traffic.purpose(method);
        if (!purpose.equals(Traffic.CONNECTIONS)) {
            bytes.merge(purpose, messageBytes + Traffic.OVERHEAD_BYTES, Long::sum);
        }
    }

    private final class MessageCounter implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    super.start(new ReplyCounter<>(method, listener), headers);
                }

                @Override
                public void sendMessage(Q message) {
                    add(method, ((Message) message).getSerializedSize());
                    super.sendMessage(message);
                }
            };
        }
    }

    private final class ReplyCounter<R> extends SimpleForwardingClientCallListener<R> {
        private final MethodDescriptor<?, R> method;
        private boolean replied;

        ReplyCounter(MethodDescriptor<?, R> method, ClientCall.Listener<R> listener) {
            super(listener);
            this.method = method;
        }

        @Override
        public void onMessage(R message) {
            replied = true;
            add(method, ((Message) message).getSerializedSize());
            super.onMessage(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!replied) {
                add(method, 0);
            }
            super.onClose(status, trailers);
        }
    }

    /** Nearest to the socket. */
    private final class SocketCounter extends ChannelDuplexHandler {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            connections.incrementAndGet();
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            count(message);
            context.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            count(message);
            context.write(message, promise);
        }

        private void count(Object message) {
            if (message instanceof ByteBuf buffer) {
                socketBytes.addAndGet(buffer.readableBytes());
            }
        }
    }
}
