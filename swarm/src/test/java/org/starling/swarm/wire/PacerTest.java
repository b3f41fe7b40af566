package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Real sockets. A limit is a lower bound for the time that bytes take, however fast or slow the machine is. */
class PacerTest {
    private static final String RUN = "test/run";
    private static final int PART = 200_000;
    private static final int PARTS = 10;
    private static final long LIMIT = 1_000_000;

    private final TestAuthority authority = new TestAuthority(RUN);

    private Credentials credentials(PeerIdentity identity, ThreadScheduler scheduler) {
        return new Credentials(
                identity,
                authority.verifier(scheduler),
                authority.issue(identity, "account", Set.of(Role.TRAINER), Instant.now()));
    }

    /** Sends two megabytes and is answered with as much; how long that takes. */
    private Duration exchange(Pacer client, Pacer server) throws Exception {
        PeerIdentity here = PeerIdentity.create();
        PeerIdentity there = PeerIdentity.create();
        try (ThreadScheduler scheduler = new ThreadScheduler(1)) {
            SwarmService service = new SwarmService(scheduler);
            service.open(
                    credentials(there, scheduler),
                    (caller, method, request) -> CompletableFuture.completedFuture(PartReply.newBuilder()
                            .setPayload(((PartRequest) request).getPayload())
                            .build()));
            try (SwarmServer listening =
                            SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), there, service, server);
                    GrpcTransport transport =
                            new GrpcTransport(credentials(here, scheduler), scheduler, client::pace)) {
                Endpoint endpoint = new Endpoint("127.0.0.1:" + listening.port(), there.id());
                PartRequest part = PartRequest.newBuilder()
                        .setPayload(ByteString.copyFrom(new byte[PART]))
                        .build();
                long began = System.nanoTime();
                List<CompletableFuture<PartReply>> replies = new ArrayList<>();
                for (int i = 0; i < PARTS; i++) {
                    replies.add(
                            transport.call(endpoint, SwarmGrpc.getExchangePartMethod(), part, Duration.ofMinutes(1)));
                }
                for (CompletableFuture<PartReply> reply : replies) {
                    assertThat(reply.get().getPayload().size()).isEqualTo(PART);
                }
                return Duration.ofNanos(System.nanoTime() - began);
            }
        } finally {
            client.close();
            server.close();
        }
    }

    @Test
    void whatIsSentKeepsToTheLimitOnBothSidesOfAConnection() throws Exception {
        // a window's worth goes ahead of its time
        Duration atLeast = Duration.ofMillis(1_500);

        assertThat(exchange(new Pacer(LIMIT, 0), Pacer.unlimited())).isGreaterThan(atLeast);
        assertThat(exchange(Pacer.unlimited(), new Pacer(LIMIT, 0))).isGreaterThan(atLeast);
    }

    @Test
    void whatIsReceivedKeepsToTheLimit() throws Exception {
        assertThat(exchange(new Pacer(0, LIMIT), Pacer.unlimited())).isGreaterThan(Duration.ofMillis(1_500));
    }

    @Test
    void aLimitBelowNothingIsRefused() {
        assertThatThrownBy(() -> new Pacer(-1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }
}
