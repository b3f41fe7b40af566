package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.wire.proto.SwarmGrpc;

class LostOutcomeTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Found by seeds 77 and 104: a member that was too late waited for its round's timeout although it saw the record. */
    @Test
    void aMemberThatMissesARoundGoesOnSoonAfterItsRecord() {
        VirtualSwarm swarm = new VirtualSwarm("none", 600);
        for (int i = 0; i < 6; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, MINUTE)).isTrue();
        Peer unlucky = swarm.peers.get(5);
        Peer other = swarm.peers.get(1);
        swarm.network.inject((from, to, method, request) -> {
            boolean sends = from.equals(unlucky.address) && method.equals(SwarmGrpc.getExchangePartMethod());
            boolean counts = to.equals(unlucky.address) && method.equals(SwarmGrpc.getVoteMethod());
            return sends || counts ? null : request;
        });
        long epoch = other.epoch();
        assertThat(swarm.time.runUntil(() -> other.epoch() > epoch, MINUTE)).isTrue();
        assertThat(unlucky.epoch()).isEqualTo(epoch);

        assertThat(swarm.time.runUntil(() -> unlucky.epoch() > epoch, Duration.ofSeconds(6)))
                .isTrue();
        // it has fetched the result from those who have it
        assertThat(unlucky.status().roundsVoid()).isZero();
    }
}
