package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.wire.Endpoint;

/** Peers that can only dial out depend on those who can be reached. */
class OutboundOnlyTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Found by seed 99: the entry points had gone, and nobody could call the peer. */
    @Test
    void aPeerThatRemembersAddressesFindsTheOthersWhenItsEntryPointsHaveGone() {
        VirtualSwarm swarm = new VirtualSwarm("none", 400);
        for (int i = 0; i < 4; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        Peer earlier = swarm.addOutboundOnlyTrainer("away", 20);
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        List<Endpoint> remembered = earlier.node.addresses();
        List.of(swarm.peers.get(0), swarm.peers.get(1), earlier).forEach(Peer::kill);

        Peer forgetful = swarm.addOutboundOnlyTrainer("away", 20);
        Peer back = swarm.addOutboundOnlyTrainer("away", 20, remembered);
        swarm.time.run(MINUTE);

        assertThat(remembered).extracting(Endpoint::address).contains(swarm.peers.get(2).address);
        assertThat(forgetful.status().peers()).isEmpty();
        assertThat(back.status().peers()).hasSize(2);
        assertThat(back.epoch()).isGreaterThan(2);
    }

    /** Found by seed 296: the only one who could lead had gone on alone, and two thirds could not follow it. */
    @Test
    void thoseWhomNobodyCanReachFollowWhoeverCanBeReached() {
        VirtualSwarm swarm = new VirtualSwarm("none", 200);
        Peer hub = swarm.addTrainer("hub", 20);
        List<Peer> others =
                List.of(swarm.addOutboundOnlyTrainer("first", 20), swarm.addOutboundOnlyTrainer("second", 20));
        assertThat(swarm.runToAgreement(2, MINUTE)).isTrue();
        others.forEach(peer -> swarm.network.cut(peer.address, hub.address));
        long before = hub.epoch();
        assertThat(swarm.time.runUntil(() -> hub.epoch() > before + 3, MINUTE)).isTrue();

        swarm.network.heal();

        assertThat(swarm.runToAgreement(hub.epoch(), MINUTE)).isTrue();
        long epoch = hub.epoch();
        assertThat(swarm.runToAgreement(epoch + 2, MINUTE)).isTrue();
        assertThat(hub.records.get(hub.records.size() - 1).members()).hasSize(3);
    }
}
