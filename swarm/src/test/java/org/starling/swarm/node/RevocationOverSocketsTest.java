package org.starling.swarm.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.testing.SocketSwarm;

/** The end of a key that has signed everybody's token, over sockets. */
class RevocationOverSocketsTest {
    private static final String RUN = "test/revocation";

    private final SocketSwarm swarm = new SocketSwarm(SocketSwarm.shortRun(RUN, 200), 20_000);

    @AfterEach
    void stop() {
        swarm.close();
    }

    private static ConditionFactory patiently() {
        return await().atMost(Duration.ofSeconds(90));
    }

    private void awaitOrder(long number) {
        patiently()
                .until(() ->
                        swarm.peers().stream().allMatch(peer -> peer.status().newestOrder() == number));
    }

    private long epoch() {
        return swarm.peers().get(0).status().state().orElseThrow().epoch();
    }

    @Test
    void reachesEverybodyBeforeNobodyListensAndWithNewTokensTheyGoOn() throws IOException {
        for (int i = 0; i < 4; i++) {
            swarm.addTrainer();
        }
        SocketSwarm.Peer hidden = swarm.addOutboundOnlyTrainer();
        patiently().until(swarm::everybodyTakesPart);
        AuthorityKey old = swarm.authority().key();
        swarm.authority().rotate();
        Order trust =
                new Order.Trust(RUN, 1, Instant.now(), swarm.authority().key().publicJwk());
        swarm.peers().get(0).node.submit(SignedOrder.sign(trust, old)).join();
        awaitOrder(1);

        hidden.node
                .submit(swarm.sign(new Order.Distrust(RUN, 2, Instant.now(), old.keyId(), "stolen")))
                .join();

        awaitOrder(2);
        patiently()
                .until(() ->
                        swarm.peers().stream().allMatch(peer -> peer.connected().isEmpty()));
        swarm.peers().forEach(swarm::renewToken);
        long before = epoch();
        patiently().until(() -> epoch() >= before + 2 && swarm.everybodyTakesPart());
    }
}
