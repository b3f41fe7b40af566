package org.starling.swarm.simulation;

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

    /** That samples were used once, at the end. */
    void check(Invariants invariants) {
        Map<PeerId, long[]> credits = chronicle.credits();
        for (SimulatedPeer peer : peers) {
            if (peer.isTrainer() && peer.isHonest()) {
                Account account = account(peer, credits);
                // whoever was banned in a round does not hear whether it was committed, and keeps the gradient;
                // whoever is not where the chain is has not heard yet
                SimulatedPeer.Life life = peer.life;
                long pending = peer.banned || life == null || !isAtHead(life)
                        ? 0
                        : life.end().pending();
                invariants.usedOnce(peer, account.credited(), account.computed(), pending, account.lost());
                invariants.accountedFor(peer, account.rest(), handedOut(peer));
            }
        }
    }

    /** Samples of the latest round of each life, which may have been under way when it ended. */
    private static long handedOut(SimulatedPeer peer) {
        long before =
                peer.ended.stream().mapToLong(SimulatedPeer.Ended::handedOut).sum();
        return before + (peer.life == null ? 0 : peer.life.end().handedOut());
    }

    private boolean isAtHead(SimulatedPeer.Life life) {
        return chronicle
                .heaviest()
                .filter(head -> head.id().equals(life.seen.headId()))
                .isPresent();
    }

    /** The same as far as it holds at any time: what waits may have been used in a round of which its owner has not heard. */
    void checkCredits(Invariants invariants) {
        Map<PeerId, long[]> credits = chronicle.credits();
        for (SimulatedPeer peer : peers) {
            if (peer.isTrainer() && peer.isHonest()) {
                Account account = account(peer, credits);
                invariants.usedOnce(peer, account.credited(), account.computed(), 0, 0);
            }
        }
    }

    /**
     * @param credited in records of the main chain
     * @param orphaned credited in other records
     * @param pending with the peer now
     * @param lost as the peer says
     * @param atEnd with the peer when one of its lives ended
     * @param rest of which nothing is known: a round was under way
     */
    record Account(long computed, long credited, long orphaned, long pending, long lost, long atEnd, long rest) {
        /**
         * Every sample is counted where it came to in the end. A peer that stops in a round gets its gradient back, and one that
         * is banned keeps it, while the others commit it; and what a chain that was given up had credited may have been used
         * again.
         */
        static Account of(long computed, long credited, long orphaned, long pending, long lost, long atEnd) {
            long left = computed - credited - lost;
            long waiting = atMost(left, pending);
            left -= waiting;
            long stopped = atMost(left, atEnd);
            left -= stopped;
            long givenUp = atMost(left, orphaned);
            return new Account(computed, credited, givenUp, waiting, lost, stopped, left - givenUp);
        }

        private static long atMost(long left, long samples) {
            return Math.max(0, Math.min(left, samples));
        }
    }

    private static Account account(SimulatedPeer peer, Map<PeerId, long[]> credits) {
        long lost = 0;
        long atEnd = 0;
        for (SimulatedPeer.Ended life : peer.ended) {
            lost += life.lost();
            atEnd += life.pending();
        }
        long pending = 0;
        if (peer.life != null) {
            SimulatedPeer.Ended soFar = peer.life.end();
            lost += soFar.lost();
            pending = soFar.pending();
        }
        long credited = 0;
        long orphaned = 0;
        for (PeerIdentity identity : peer.identities()) {
            long[] credit = credits.getOrDefault(identity.id(), new long[2]);
            credited += credit[0];
            orphaned += credit[1];
        }
        return Account.of(peer.computed(), credited, orphaned, pending, lost, atEnd);
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
            lost.merge("under way when the peer stopped or the simulation ended", account.rest(), Long::sum);
        }
        return new Samples(computed, committed, pending, lost);
    }
}
