package org.starling.swarm.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.simulation.SimulationResult.Samples;

/** What became of the samples that each honest trainer has computed, over all its lives. */
final class SampleAccounts {
    private final List<SimulatedPeer> peers;
    private final Chronicle chronicle;

    /** @param peers of the simulation; more may come */
    SampleAccounts(List<SimulatedPeer> peers, Chronicle chronicle) {
        this.peers = peers;
        this.chronicle = chronicle;
    }

    /** That samples were used once. */
    void check(Invariants invariants) {
        Map<PeerId, long[]> credits = chronicle.credits();
        for (SimulatedPeer peer : peers) {
            if (peer.isTrainer() && peer.isHonest()) {
                Account account = account(peer, credits);
                // whoever was banned in a round does not hear whether it was committed, and keeps the gradient
                long pending = peer.banned ? 0 : account.pending();
                invariants.usedOnce(peer, account.credited(), account.computed(), pending, account.lost());
            }
        }
    }

    private record Account(long computed, long credited, long orphaned, long pending, long lost, long atEnd) {}

    private static Account account(SimulatedPeer peer, Map<PeerId, long[]> credits) {
        long computed = 0;
        long lost = 0;
        long atEnd = 0;
        long pending = 0;
        List<SimulatedPeer.Ended> all = new ArrayList<>(peer.ended);
        if (peer.life != null) {
            all.add(peer.life.end());
        }
        for (int i = 0; i < all.size(); i++) {
            SimulatedPeer.Ended life = all.get(i);
            computed += life.computed();
            lost += life.lost();
            if (i < peer.ended.size()) {
                atEnd += life.pending();
            } else {
                pending += life.pending();
            }
        }
        long credited = 0;
        long orphaned = 0;
        for (PeerIdentity identity : peer.identities()) {
            long[] credit = credits.getOrDefault(identity.id(), new long[2]);
            credited += credit[0];
            orphaned += credit[1];
        }
        return new Account(computed, credited, orphaned, pending, lost, atEnd);
    }

    /** Of all honest trainers together. */
    Samples sum() {
        Map<PeerId, long[]> credits = chronicle.credits();
        long computed = 0;
        long committed = 0;
        long pending = 0;
        Map<String, Long> lost = new LinkedHashMap<>();
        for (SimulatedPeer peer : peers) {
            if (!peer.isTrainer() || !peer.isHonest()) {
                continue;
            }
            Account account = account(peer, credits);
            computed += account.computed();
            committed += account.credited();
            pending += account.pending();
            lost.merge("its round went on without it, or the swarm had left its state", account.lost(), Long::sum);
            lost.merge("the peer stopped before a round", account.atEnd(), Long::sum);
            lost.merge("in a chain that was given up", account.orphaned(), Long::sum);
            long rest = account.computed()
                    - account.credited()
                    - account.pending()
                    - account.lost()
                    - account.atEnd()
                    - account.orphaned();
            lost.merge("under way when the peer stopped or the simulation ended", rest, Long::sum);
        }
        return new Samples(computed, committed, pending, lost);
    }
}
