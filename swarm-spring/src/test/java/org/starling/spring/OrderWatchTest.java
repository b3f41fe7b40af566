package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import org.starling.swarm.identity.Role;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.GrpcTransport;

class OrderWatchTest {
    private static final Duration OFTEN = Duration.ofMillis(20);

    @TempDir
    Path data;

    private final List<Order> obeyed = new CopyOnWriteArrayList<>();
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

    private interface Part {
        void play(SwarmNode node) throws Exception;
    }

    private void with(Role role, Part part) throws Exception {
        StarlingProperties properties = new StarlingProperties(
                SmallAuthService.RUN,
                new StarlingProperties.Auth(auth.url(), ""),
                new StarlingProperties.Peer(
                        data,
                        "",
                        List.of(role.claim()),
                        1,
                        DataSize.ofBytes(0),
                        DataSize.ofBytes(0),
                        1,
                        List.of(),
                        null));
        AuthClient client = new AuthClient(properties, folder.identity(), Set.of(role), InstantSource.system());
        auth.thenGrant();
        SwarmMembership membership = SwarmMembership.verify(
                ((AuthClient.Answer.Granted) client.requestToken("credential")).reply(),
                SmallAuthService.RUN,
                folder.identity(),
                Set.of(role),
                List.of(),
                InstantSource.system());
        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(membership.credentials(), scheduler);
                SwarmNode node = new SwarmNode(
                        membership.run(),
                        new NodeSettings("", Set.of(role), List.of(), List.of(), 0, "test"),
                        membership.credentials(),
                        membership::authority,
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        transport,
                        scheduler);
                OrderWatch watch = new OrderWatch(properties, membership, new OrderWatch.Pace(OFTEN, OFTEN, OFTEN))) {
            node.addListener(new NodeListener() {
                @Override
                public void ordered(SignedOrder order) {
                    obeyed.add(order.order());
                }
            });
            node.start();
            watch.start(node);
            part.play(node);
        }
    }

    private Order.Subject self() {
        return new Order.Subject.Peer(folder.identity().id());
    }

    private Order.Ban ban(long number, Order.Subject subject) {
        return new Order.Ban(SmallAuthService.RUN, number, Instant.ofEpochSecond(number), subject, "noise");
    }

    private Order.Unban unban(long number) {
        return new Order.Unban(SmallAuthService.RUN, number, Instant.ofEpochSecond(number), self(), "sorry");
    }

    @Test
    void anAuxiliaryPeerBringsOrdersToTheSwarmInTheirOrderAndOnce() throws Exception {
        with(Role.AUXILIARY, node -> {
            Order first = ban(1, new Order.Subject.Account("eve"));
            auth.order(first);
            await().untilAsserted(() -> assertThat(obeyed).containsExactly(first));
            auth.failOrders(3);
            Order second = ban(2, new Order.Subject.Account("mallory"));
            auth.order(second);
            await().untilAsserted(() -> assertThat(obeyed).containsExactly(first, second));
        });
    }

    @Test
    void aTrainerAsksOnlyWhileItIsBanned() throws Exception {
        with(Role.TRAINER, node -> {
            auth.order(ban(1, self()));
            auth.order(ban(2, new Order.Subject.Account("eve")));
            node.submit(auth.signed(ban(2, new Order.Subject.Account("eve")))).join();
            node.submit(auth.signed(ban(1, self()))).join();
            await().until(() -> auth.orderQuestions() > 2);

            auth.order(unban(3));
            await().untilAsserted(() -> assertThat(obeyed).contains(unban(3)));
            int asked = auth.orderQuestions();
            auth.order(ban(4, new Order.Subject.Account("mallory")));
            await().during(OFTEN.multipliedBy(10)).until(() -> auth.orderQuestions() <= asked + 1);
            assertThat(obeyed).extracting(Order::number).containsExactly(2L, 1L, 3L);
        });
    }

    @Test
    void whatTheAuthorityDidNotSignIsNotObeyed() throws Exception {
        with(Role.AUXILIARY, node -> {
            auth.forgeOrder(ban(1, new Order.Subject.Account("ada")));
            await().until(() -> auth.orderQuestions() > 3);
            assertThat(obeyed).isEmpty();
        });
    }
}
