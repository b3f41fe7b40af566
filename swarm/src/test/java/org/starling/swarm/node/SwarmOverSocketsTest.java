package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.ToyGradients;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;

/** The same nodes on real threads, sockets and TLS. */
class SwarmOverSocketsTest {
    private static final String RUN = "test/sockets";

    private final TestAuthority authority = new TestAuthority(RUN);
    private final List<Peer> peers = new ArrayList<>();

    private record Peer(SwarmNode node, SwarmServer server, GrpcTransport transport, ThreadScheduler scheduler) {
        void stop() {
            node.close();
            server.close();
            transport.close();
            scheduler.close();
        }

        Optional<EpochRecord> head() {
            return node.status().head();
        }
    }

    private void addTrainer(String account) throws IOException {
        RunConfiguration run = new RunConfiguration(
                RUN,
                "toy",
                Map.of(),
                150,
                AveragingSettings.defaults(),
                new MembershipSettings(Duration.ofMillis(500), Duration.ofSeconds(4), 3));
        PeerIdentity identity = PeerIdentity.create();
        ThreadScheduler scheduler = new ThreadScheduler(2);
        TrustedAuthority trusted = authority.trusted();
        Credentials credentials = new Credentials(
                identity,
                authority.verifier(scheduler),
                authority.issue(identity, account, Set.of(Role.TRAINER), Instant.now()));
        SwarmService service = new SwarmService(scheduler);
        SwarmServer server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), identity, service);
        GrpcTransport transport = new GrpcTransport(credentials, scheduler);
        ToyReplica replica = new ToyReplica(300_000);
        List<Endpoint> entryPoints = peers.isEmpty()
                ? List.of()
                : List.of(new Endpoint("127.0.0.1:" + peers.get(0).server().port(), null));
        SwarmNode node = new SwarmNode(
                run,
                new NodeSettings(
                        "127.0.0.1:" + server.port(), Set.of(Role.TRAINER), entryPoints, List.of(), 1e6, "test"),
                credentials,
                () -> trusted,
                List.of(),
                Optional.of(replica),
                Optional.of(new ToyGradients(replica, scheduler, 60, peers.size())),
                transport,
                scheduler);
        service.open(credentials, node.handler());
        node.start();
        peers.add(new Peer(node, server, transport, scheduler));
    }

    @AfterEach
    void stopAll() {
        peers.forEach(Peer::stop);
    }

    @Test
    void threePeersTrainTogetherAndAFourthJoins() throws IOException {
        for (int i = 0; i < 3; i++) {
            addTrainer("account" + i);
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> peers.stream()
                        .allMatch(peer -> peer.head()
                                .filter(r -> r.epoch() >= 3 && r.members().size() == 3)
                                .isPresent()));

        addTrainer("late");

        await().atMost(Duration.ofSeconds(60))
                .until(() -> peers.stream()
                        .allMatch(peer ->
                                peer.head().filter(r -> r.members().size() == 4).isPresent()));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(peers)
                        .extracting(peer -> peer.node().status().state().orElseThrow())
                        .containsOnly(peers.get(0).node().status().state().orElseThrow()));
    }
}
