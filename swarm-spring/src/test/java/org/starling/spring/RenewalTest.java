package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

class RenewalTest {
    private static final String TOY = "\"task\": \"toy\", \"targetBatchSize\": 1";
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Set<Role> ROLES = Set.of(Role.AUXILIARY);

    @TempDir
    Path data;

    private SmallAuthService auth;
    private PeerFolder folder;

    @BeforeEach
    void open() throws Exception {
        auth = new SmallAuthService();
        folder = PeerFolder.open(data);
    }

    @AfterEach
    void close() throws Exception {
        folder.close();
        auth.close();
    }

    private StarlingProperties properties() {
        return new StarlingProperties(
                SmallAuthService.RUN,
                new StarlingProperties.Auth(auth.url(), "hf_secret"),
                new StarlingProperties.Peer(
                        data,
                        "",
                        List.of("auxiliary"),
                        1,
                        DataSize.ofBytes(0),
                        DataSize.ofBytes(0),
                        1,
                        List.of(),
                        null));
    }

    private AuthClient client(PeerIdentity identity) {
        return new AuthClient(properties(), identity, ROLES, InstantSource.system());
    }

    private PeerLogin login() {
        return new PeerLogin(
                properties(),
                folder,
                new LoginClient(properties(), folder.identity().id()));
    }

    private TokenReply grant(PeerIdentity identity) throws Exception {
        return ((AuthClient.Answer.Granted) client(identity).requestToken("credential")).reply();
    }

    private SwarmMembership join() throws Exception {
        return verify(grant(folder.identity()));
    }

    private SwarmMembership verify(TokenReply reply) {
        return SwarmMembership.verify(
                reply, SmallAuthService.RUN, folder.identity(), ROLES, List.of(), InstantSource.system());
    }

    private MembershipKeeper keeper(SwarmMembership membership) {
        return new MembershipKeeper(
                properties(), folder, login(), client(folder.identity()), membership, InstantSource.system());
    }

    private static SwarmNode node(SwarmMembership membership, GrpcTransport transport, ThreadScheduler scheduler) {
        return new SwarmNode(
                membership.run(),
                new NodeSettings("", ROLES, List.of(), List.of(), 0, "test"),
                membership.credentials(),
                membership::authority,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                transport,
                scheduler);
    }

    @Test
    void takesOverANewerTokenButNoOtherPeers() throws Exception {
        auth.thenGrant();
        SwarmMembership membership = join();
        AccessToken first = membership.token();

        TokenReply anothers = grant(PeerIdentity.create());
        assertThatThrownBy(() -> membership.renew(anothers)).isInstanceOf(CredentialException.class);
        assertThat(membership.token()).isEqualTo(first);

        TokenReply newer = grant(folder.identity());
        assertThat(membership.renew(newer)).isEmpty();
        assertThat(membership.token().compact()).isEqualTo(newer.token()).isNotEqualTo(first.compact());
    }

    @Test
    void renewsBetweenHalfAndThreeQuartersOfATokensLife() throws Exception {
        auth.thenGrant(TOY, Duration.ofHours(4));
        AccessToken token = join().token();
        Instant half = token.issuedAt().plus(Duration.ofHours(2));

        assertThat(MembershipKeeper.renewalTime(token, 0)).isEqualTo(half);
        assertThat(MembershipKeeper.renewalTime(token, 1)).isEqualTo(half.plus(Duration.ofHours(1)));
    }

    @Test
    void renewsByItselfTellsTheNodeAndRemembers() throws Exception {
        auth.thenGrant(TOY, Duration.ofSeconds(1)).thenGrant(TOY, Duration.ofHours(1));
        SwarmMembership membership = join();
        AccessToken first = membership.token();

        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = node(membership, transport, scheduler);
                MembershipKeeper keeper = keeper(membership)) {
            keeper.start(node);

            await().untilAsserted(() -> {
                assertThat(membership.token().expiresAt())
                        .isAfter(first.expiresAt().plus(Duration.ofMinutes(30)));
                assertThat(folder.recall(properties()).map(TokenReply::token))
                        .contains(membership.token().compact());
            });
        }
    }

    @Test
    void logsInAnewForEachRenewalAndGoesOnWithTheOldLoginWhileTheHubIsAway() throws Exception {
        auth.thenGrant(TOY, Duration.ofSeconds(1))
                .thenGrant(TOY, Duration.ofSeconds(1))
                .thenGrant(TOY, Duration.ofHours(1));
        auth.thenLogin(503, "{\"error\": \"temporarily_unavailable\"}")
                .thenLogin(200, "{\"access_token\": \"newer\", \"account\": \"ada\"}");
        folder.rememberCredential(properties(), "older");
        SwarmMembership membership = join();
        AccessToken first = membership.token();

        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = node(membership, transport, scheduler);
                MembershipKeeper keeper = keeper(membership)) {
            keeper.start(node);

            await().until(() ->
                    membership.token().expiresAt().isAfter(first.expiresAt().plus(Duration.ofMinutes(30))));
            assertThat(auth.authorizations).containsExactly("Bearer credential", "Bearer older", "Bearer newer");
            assertThat(auth.logins)
                    .hasSize(2)
                    .allSatisfy(form -> assertThat(form).contains("subject_token=hf_secret"));
        }
    }

    @Test
    void goesOnWithItsTokenWhenTheRenewalIsRefused() throws Exception {
        auth.thenGrant(TOY, Duration.ofSeconds(1)).then(403, "{\"detail\": \"ada was banned\"}");
        SwarmMembership membership = join();
        AccessToken first = membership.token();

        try (MembershipKeeper keeper = keeper(membership);
                ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = node(membership, transport, scheduler)) {
            keeper.start(node);

            await().untilAsserted(() -> assertThat(membership.renewalProblem())
                    .hasValueSatisfying(problem -> assertThat(problem).contains("ada was banned")));
            assertThat(membership.token()).isEqualTo(first);
        }
    }

    @Test
    void beginsWithNoTokenOfAKeyThatHasBeenRevoked() throws Exception {
        auth.thenGrant();
        TokenReply kept = grant(folder.identity());
        AuthorityKey old = auth.rotate();
        List<String> orders = List.of(
                encoded(SignedOrder.sign(
                        new Order.Trust(SmallAuthService.RUN, 1, Instant.now(), auth.publicJwk()), old)),
                encoded(auth.signed(
                        new Order.Distrust(SmallAuthService.RUN, 2, Instant.now(), old.keyId(), "stolen"))));

        assertThatThrownBy(() -> verify(with(orders, kept)))
                .isInstanceOf(CredentialException.class)
                .hasMessageContaining("revoked");
        assertThat(verify(with(orders.subList(0, 1), kept)).isTokenTrusted()).isTrue();
    }

    private static TokenReply with(List<String> orders, TokenReply reply) {
        return reply.withOrders(orders);
    }

    private static String encoded(SignedOrder order) {
        return Base64.getEncoder().encodeToString(order.toBytes());
    }

    /** As after a revocation that has not reached this peer, while those whom it has reached do not talk to it. */
    @Test
    void asksForAnotherTokenWhenOthersDoNotKnowTheKeyThatSignedItsOwn() throws Exception {
        auth.thenGrant();
        SwarmMembership membership = join();
        AccessToken first = membership.token();
        auth.rotate();
        PeerIdentity other = PeerIdentity.create();
        SwarmMembership informed = SwarmMembership.verify(
                grant(other), SmallAuthService.RUN, other, ROLES, List.of(), InstantSource.system());

        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                SwarmServer server = server(scheduler, informed.credentials());
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = node(membership, transport, scheduler);
                MembershipKeeper keeper = keeper(membership)) {
            keeper.start(node);

            assertThatThrownBy(() -> gossip(transport, server).join()).hasMessageContaining("UNKNOWN_KEY");

            await().untilAsserted(() -> assertThat(gossip(transport, server)).succeedsWithin(DEADLINE));
            assertThat(membership.token().compact()).isNotEqualTo(first.compact());
        }
    }

    private static SwarmServer server(ThreadScheduler scheduler, Credentials credentials) throws IOException {
        SwarmService service = new SwarmService(scheduler);
        service.open(
                credentials,
                (caller, method, request) -> CompletableFuture.completedFuture(GossipReply.getDefaultInstance()));
        return SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), credentials.identity(), service);
    }

    private static CompletableFuture<GossipReply> gossip(GrpcTransport transport, SwarmServer server) {
        return transport.call(
                new Endpoint("127.0.0.1:" + server.port(), null),
                SwarmGrpc.getGossipMethod(),
                GossipRequest.getDefaultInstance(),
                DEADLINE);
    }

    @Test
    void asksForAnotherTokenAtOnceWhenTheKeyThatSignedItsOwnIsRevoked() throws Exception {
        auth.thenGrant();
        SwarmMembership membership = join();
        AccessToken first = membership.token();

        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = node(membership, transport, scheduler);
                MembershipKeeper keeper = keeper(membership)) {
            node.addListener(keeper);
            keeper.start(node);
            AuthorityKey old = auth.rotate();

            node.submit(SignedOrder.sign(
                            new Order.Trust(SmallAuthService.RUN, 1, Instant.now(), auth.publicJwk()), old))
                    .join();
            assertThat(membership.isTokenTrusted()).isTrue();
            node.submit(auth.signed(new Order.Distrust(SmallAuthService.RUN, 2, Instant.now(), old.keyId(), "stolen")))
                    .join();

            await().untilAsserted(() -> {
                assertThat(membership.token().compact()).isNotEqualTo(first.compact());
                assertThat(membership.isTokenTrusted()).isTrue();
            });
        }
    }
}
