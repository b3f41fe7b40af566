package org.starling.spring;

import io.grpc.netty.NettyServerBuilder;
import java.net.InetSocketAddress;
import java.util.List;
import org.springframework.grpc.server.NettyGrpcServerFactory;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.Pacer;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;

/**
 * Boot's gRPC server with the swarm's mutual TLS. Boot's own factory takes certificates from bundles, which cannot say what
 * the swarm needs: that any self-signed certificate is welcome, because tokens are bound to it.
 */
final class SwarmServerFactory extends NettyGrpcServerFactory {
    private final InetSocketAddress address;
    private final PeerIdentity identity;
    private final SwarmService service;
    private final Pacer pacer;

    SwarmServerFactory(InetSocketAddress address, PeerIdentity identity, SwarmService service, Pacer pacer) {
        super(address.getHostString() + ":" + address.getPort(), List.of(), null, null, null);
        this.address = address;
        this.identity = identity;
        this.service = service;
        this.pacer = pacer;
        addService(service.bindService());
    }

    @Override
    protected NettyServerBuilder newServerBuilder() {
        // the node hands every call to its own threads at once
        return pacer.pace(SwarmServer.configure(NettyServerBuilder.forAddress(address), identity, service))
                .directExecutor();
    }
}
