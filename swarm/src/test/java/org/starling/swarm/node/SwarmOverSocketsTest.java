package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.testing.SocketSwarm;

/** The same nodes on real threads, sockets and TLS. */
class SwarmOverSocketsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SocketSwarm swarm = new SocketSwarm(SocketSwarm.shortRun("test/sockets", 150), 300_000);

    @AfterEach
    void stopAll() {
        swarm.close();
    }

    @Test
    void threePeersTrainTogetherAndAFourthJoins() throws IOException {
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer();
        }
        await().atMost(PATIENCE).until(() -> swarm.peers().stream().allMatch(peer -> isAtEpoch(peer, 3)));
        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);

        swarm.addTrainer();

        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(swarm.commonState()).isPresent());
    }

    private static boolean isAtEpoch(SocketSwarm.Peer peer, long epoch) {
        return peer.status().head().filter(head -> head.epoch() >= epoch).isPresent();
    }
}
