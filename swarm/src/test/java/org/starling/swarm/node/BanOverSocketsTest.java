package org.starling.swarm.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.orders.Order;
import org.starling.swarm.testing.SocketSwarm;

/** A ban, as far as sockets show it. That five seconds are enough for fifty peers is shown by {@link BanTest}. */
class BanOverSocketsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final SocketSwarm swarm = new SocketSwarm(SocketSwarm.shortRun("test/ban", 200), 20_000);

    @AfterEach
    void stop() {
        swarm.close();
    }

    private boolean isConnected(SocketSwarm.Peer peer, SocketSwarm.Peer other) {
        return peer.connected().contains(other.id());
    }

    private static List<PeerId> membersOfHead(SocketSwarm.Peer peer) {
        return peer.status().head().orElseThrow().members().stream()
                .map(member -> member.peer())
                .toList();
    }

    @Test
    void everyPeerBreaksItsConnectionsToTheBanned() throws IOException {
        for (int i = 0; i < 4; i++) {
            swarm.addTrainer();
        }
        SocketSwarm.Peer banned = swarm.addTrainer();
        SocketSwarm.Peer hidden = swarm.addOutboundOnlyTrainer();
        List<SocketSwarm.Peer> others =
                swarm.peers().stream().filter(peer -> peer != banned).toList();
        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        await().atMost(PATIENCE).until(() -> others.stream().anyMatch(peer -> isConnected(peer, banned)));
        await().atMost(PATIENCE).until(() -> others.stream().anyMatch(peer -> isConnected(peer, hidden)));

        others.get(1)
                .node
                .submit(swarm.sign(new Order.Ban(
                        "test/ban",
                        1,
                        Instant.now(),
                        new Order.Subject.Account(SocketSwarm.accountId(banned)),
                        "spam")));

        await().atMost(PATIENCE)
                .until(() -> others.stream().allMatch(peer -> peer.status().newestOrder() == 1));
        await().atMost(PATIENCE).until(() -> others.stream().noneMatch(peer -> isConnected(peer, banned)));
        await().atMost(PATIENCE).until(() -> banned.status().explanation().contains("banned"));
        long epoch = others.get(0).status().state().orElseThrow().epoch();
        await().atMost(PATIENCE)
                .until(() -> others.get(0).status().state().orElseThrow().epoch() >= epoch + 2);
        // it need not be in every round: the others do not wait for one that has not heard yet how the last one ended
        await().atMost(PATIENCE)
                .until(() -> membersOfHead(others.get(0)).contains(hidden.id())
                        && !membersOfHead(others.get(0)).contains(banned.id()));
    }
}
