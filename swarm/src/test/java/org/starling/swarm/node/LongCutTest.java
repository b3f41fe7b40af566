package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;

class LongCutTest {
    /** Found by the scenario of a continent that is cut off: each part had peers enough and asked no entry point again. */
    @Test
    void partsThatHaveForgottenEachOtherMeetAgainAtTheEntryPoints() {
        VirtualSwarm swarm = new VirtualSwarm("none", 400);
        for (int i = 0; i < 7; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, Duration.ofMinutes(2))).isTrue();
        List<Peer> home = swarm.peers.subList(0, 2);
        List<Peer> abroad = swarm.peers.subList(2, 7);
        for (Peer here : home) {
            for (Peer there : abroad) {
                swarm.network.cut(here.address, there.address);
                swarm.network.cut(there.address, here.address);
            }
        }
        swarm.time.run(Duration.ofMinutes(3));
        assertThat(abroad).allSatisfy(peer -> assertThat(peer.status().peers()).hasSize(4));

        swarm.network.heal();
        swarm.time.run(Duration.ofMinutes(1));

        assertThat(swarm.peers)
                .allSatisfy(peer -> assertThat(peer.status().peers()).hasSize(6));
        assertThat(swarm.runToAgreement(home.get(0).epoch() + 1, Duration.ofMinutes(1)))
                .isTrue();
    }
}
