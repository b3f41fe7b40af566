package org.starling.spring;

import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerAutoConfiguration;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.Replica;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.Pacer;
import org.starling.swarm.wire.SwarmService;

/**
 * A peer as beans. Creating {@link SwarmMembership} joins the run and may wait for a moderator; whatever depends on the
 * run's configuration takes it from there. {@code starling.peer.enabled=false} turns all of it off.
 */
@AutoConfiguration(before = GrpcServerAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "starling.peer.enabled", matchIfMissing = true)
@EnableConfigurationProperties(StarlingProperties.class)
public class SwarmAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    InstantSource clock() {
        return InstantSource.system();
    }

    @Bean
    PeerFolder peerFolder(StarlingProperties properties) {
        return PeerFolder.open(properties.peer().data());
    }

    @Bean
    AuthClient authClient(StarlingProperties properties, PeerFolder folder, InstantSource clock) {
        return new AuthClient(properties, folder.identity(), properties.peer().requireRoles(), clock);
    }

    @Bean
    PeerLogin peerLogin(StarlingProperties properties, PeerFolder folder) {
        return new PeerLogin(
                properties,
                folder,
                new LoginClient(properties, folder.identity().id()));
    }

    @Bean
    SwarmMembership swarmMembership(
            StarlingProperties properties, PeerFolder folder, PeerLogin login, AuthClient client, InstantSource clock) {
        return new Enrollment(
                        properties,
                        folder,
                        properties.peer().requireRoles(),
                        login,
                        client,
                        clock,
                        Enrollment.Pace.defaults())
                .join();
    }

    @Bean
    MembershipKeeper membershipKeeper(
            StarlingProperties properties,
            PeerFolder folder,
            PeerLogin login,
            AuthClient client,
            SwarmMembership membership,
            InstantSource clock) {
        return new MembershipKeeper(properties, folder, login, client, membership, clock);
    }

    @Bean
    OrderWatch orderWatch(StarlingProperties properties, SwarmMembership membership) {
        return new OrderWatch(properties, membership, OrderWatch.Pace.defaults());
    }

    @Bean
    SwarmService swarmService(InstantSource clock) {
        return new SwarmService(clock);
    }

    @Bean
    ThreadScheduler swarmScheduler(StarlingProperties properties) {
        return new ThreadScheduler(properties.peer().effectiveWorkerThreads());
    }

    @Bean
    Pacer swarmPacer(StarlingProperties properties) {
        return new Pacer(
                properties.peer().maxUpload().toBytes(),
                properties.peer().maxDownload().toBytes());
    }

    @Bean
    HelloMeter helloMeter() {
        return new HelloMeter();
    }

    @Bean
    GrpcTransport swarmTransport(
            StarlingProperties properties,
            SwarmMembership membership,
            Scheduler scheduler,
            Pacer pacer,
            HelloMeter meter) {
        return new GrpcTransport(
                membership.credentials(),
                scheduler,
                channel -> pacer.pace(channel).intercept(meter),
                properties.peer().connections());
    }

    /** Closed by {@link SwarmLifecycle}, ahead of the servers. */
    @Bean(destroyMethod = "")
    SwarmNode swarmNode(
            StarlingProperties properties,
            PeerFolder folder,
            SwarmMembership membership,
            ObjectProvider<GrpcServerProperties> server,
            ObjectProvider<Replica> replica,
            ObjectProvider<GradientSource> gradients,
            GrpcTransport transport,
            Scheduler scheduler) {
        return new SwarmNode(
                membership.run(),
                settings(properties, folder, membership, server.getIfAvailable()),
                membership.credentials(),
                membership::authority,
                membership.orders(),
                Optional.ofNullable(replica.getIfAvailable()),
                Optional.ofNullable(gradients.getIfAvailable()),
                transport,
                scheduler);
    }

    private static NodeSettings settings(
            StarlingProperties properties,
            PeerFolder folder,
            SwarmMembership membership,
            @Nullable GrpcServerProperties server) {
        String host = properties.peer().host();
        String version = SwarmAutoConfiguration.class.getPackage().getImplementationVersion();
        return new NodeSettings(
                host.isEmpty() || server == null ? "" : host + ":" + requirePort(server),
                membership.roles(),
                membership.entryPoints(),
                folder.recallAddresses(),
                properties.peer().usableBandwidth(),
                "starling/" + (version == null ? "development" : version));
    }

    private static int requirePort(GrpcServerProperties server) {
        Integer port = server.getPort();
        if (port == null || port < 1 || port > 65_535) {
            throw new StartupProblem(
                    (port == null ? "It is not configured at which port" : "It is not possible that at port " + port)
                            + " other peers reach this one (spring.grpc.server.port).",
                    "Set it to a port from 1 to 65535 that is open to them, or leave starling.peer.host empty for a peer"
                            + " that only dials out.");
        }
        return port;
    }

    /** Depends on the gRPC server, if there is one, so that it starts after it. */
    @Bean
    SwarmLifecycle swarmLifecycle(
            SwarmNode node,
            SwarmService service,
            SwarmMembership membership,
            MembershipKeeper keeper,
            OrderWatch orders,
            ObjectProvider<NodeListener> listeners,
            @Nullable GrpcServerLifecycle server) {
        return new SwarmLifecycle(
                node,
                service,
                membership,
                keeper,
                orders,
                listeners.orderedStream().toList());
    }

    @Bean
    SwarmHealthIndicator swarmHealthIndicator(SwarmNode node, SwarmMembership membership, InstantSource clock) {
        return new SwarmHealthIndicator(node, membership, clock);
    }

    @Bean
    SwarmMeters swarmMeters(SwarmNode node) {
        return new SwarmMeters(node::status);
    }

    /** Boot's server for other peers; a peer that only dials out has none. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBooleanProperty(name = "spring.grpc.server.enabled", matchIfMissing = true)
    @EnableConfigurationProperties(GrpcServerProperties.class)
    static class Server {
        @Bean
        SwarmServerFactory swarmServerFactory(
                GrpcServerProperties server, PeerFolder folder, SwarmService service, Pacer pacer) {
            int port = requirePort(server);
            return new SwarmServerFactory(
                    server.getAddress() == null
                            ? new InetSocketAddress(port)
                            : new InetSocketAddress(server.getAddress(), port),
                    folder.identity(),
                    service,
                    pacer);
        }

        @Bean
        GrpcServerLifecycle swarmServerLifecycle(
                SwarmServerFactory factory, GrpcServerProperties server, ApplicationEventPublisher events) {
            return new GrpcServerLifecycle(factory, server.getShutdown().getGracePeriod(), events);
        }
    }

    @Bean
    @ConditionalOnWebApplication
    PeerController peerController(
            SwarmNode node, SwarmMembership membership, ObjectProvider<GradientSource> gradients) {
        return new PeerController(node, membership, Optional.ofNullable(gradients.getIfAvailable()));
    }
}
