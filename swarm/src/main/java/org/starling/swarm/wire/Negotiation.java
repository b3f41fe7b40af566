package org.starling.swarm.wire;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyChannelBuilder;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.ssl.SslContext;
import io.netty.util.AsciiString;

/**
 * gRPC's TLS, on whose connections messages go one after another ({@link InOrderDistributor}). gRPC has no setting for it, so this
 * is where a connection's handler can be had before there are streams.
 */
final class Negotiation implements InternalProtocolNegotiator.ProtocolNegotiator {
    private final InternalProtocolNegotiator.ProtocolNegotiator tls;

    /** @param tls that of gRPC for clients or for servers */
    Negotiation(InternalProtocolNegotiator.ProtocolNegotiator tls) {
        this.tls = tls;
    }

    /** Makes a channel's connections so. */
    static NettyChannelBuilder secure(NettyChannelBuilder builder, SslContext tls) {
        InternalNettyChannelBuilder.setProtocolNegotiatorFactory(
                builder, () -> new Negotiation(InternalProtocolNegotiators.tls(tls, null, null)));
        return builder;
    }

    @Override
    public AsciiString scheme() {
        return tls.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler handler) {
        Http2Connection connection = handler.connection();
        connection
                .remote()
                .flowController(new DefaultHttp2RemoteFlowController(connection, new InOrderDistributor(connection)));
        return tls.newHandler(handler);
    }

    @Override
    public void close() {
        tls.close();
    }
}
