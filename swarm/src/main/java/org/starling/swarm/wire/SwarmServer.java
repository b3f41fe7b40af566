package org.starling.swarm.wire;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.starling.swarm.identity.PeerIdentity;

/** A gRPC server for the swarm's service alone: for tests and for embedding without Spring. */
public final class SwarmServer implements AutoCloseable {
    private final Server server;

    private SwarmServer(Server server) {
        this.server = server;
    }

    /** @throws IOException if the address cannot be bound */
    public static SwarmServer start(InetSocketAddress address, PeerIdentity identity, SwarmService service)
            throws IOException {
        return start(address, identity, service, Pacer.unlimited());
    }

    /** @throws IOException if the address cannot be bound */
    public static SwarmServer start(InetSocketAddress address, PeerIdentity identity, SwarmService service, Pacer pacer)
            throws IOException {
        return new SwarmServer(pacer.pace(configure(NettyServerBuilder.forAddress(address), identity, service))
                .addService(service)
                .directExecutor()
                .build()
                .start());
    }

    /** The settings that every server of the swarm has: mutual TLS, limits, keep-alive. */
    public static NettyServerBuilder configure(
            NettyServerBuilder builder, PeerIdentity identity, SwarmService service) {
        return builder.protocolNegotiator(service.negotiator(identity))
                .addTransportFilter(service.doorkeeper())
                .maxInboundMessageSize(GrpcTransport.MAX_MESSAGE_BYTES)
                .maxInboundMetadataSize(8192)
                .maxConcurrentCallsPerConnection(CallAccounts.MAX_CALLS)
                .flowControlWindow(GrpcTransport.FLOW_CONTROL_WINDOW_BYTES)
                .withChildOption(ChannelOption.WRITE_BUFFER_WATER_MARK, GrpcTransport.WATER_MARK)
                .permitKeepAliveTime(20, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
