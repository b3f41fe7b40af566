package org.starling.swarm.node;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.state.StateDownload;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.state.StateUnavailableException;

/** Gets states for those who embed the node, from the own replica or from others. Confined to the protocol thread. */
final class StateFetch {
    private static final Duration FETCH_AGAIN = Duration.ofMillis(250);

    private final PeerContext peer;
    private final Optional<Replica> replica;
    private final StateServer states;
    private final SwarmView view;
    private final Situation situation;

    StateFetch(PeerContext peer, Optional<Replica> replica, StateServer states, SwarmView view, Situation situation) {
        this.peer = peer;
        this.replica = replica;
        this.states = states;
        this.view = view;
        this.situation = situation;
    }

    /** Tries until the time is over. */
    void fetch(StateReference state, Duration patience, CompletableFuture<StateSnapshot> result) {
        if (patience.compareTo(Duration.ZERO) > 0) {
            Deadlines.Wait wait = peer.calls().deadlines().begin(Deadline.STATE, patience);
            result.whenComplete(peer.scheduler().guarded((snapshot, failure) -> wait.end()));
        }
        fetch(state, peer.scheduler().nanoTime() + patience.toNanos(), result);
    }

    private void fetch(StateReference state, long untilNanos, CompletableFuture<StateSnapshot> result) {
        attempt(state).whenComplete(peer.scheduler().guarded((snapshot, failure) -> {
            if (failure == null && snapshot.description().digest().equals(state.digest())) {
                result.complete(snapshot);
            } else if (peer.scheduler().nanoTime() >= untilNanos || situation.phase() == Phase.STOPPED) {
                result.completeExceptionally(
                        failure == null
                                ? new StateUnavailableException("The swarm has gone on from that state")
                                : Futures.cause(failure));
            } else {
                peer.scheduler().schedule(FETCH_AGAIN, () -> fetch(state, untilNanos, result));
            }
        }));
    }

    private long maxBytes() {
        return replica.map(CatchingUp::maxBytes).orElse(Long.MAX_VALUE);
    }

    private CompletableFuture<StateSnapshot> attempt(StateReference state) {
        boolean isOwn = situation.phase() != Phase.STEPPING
                && situation
                        .position()
                        .filter(mine -> mine.state().digest().equals(state.digest()))
                        .isPresent();
        return isOwn
                ? states.withReplica(
                        () -> StateSnapshot.copyOf(replica.orElseThrow().state()))
                : StateDownload.start(
                        state.digest(), maxBytes(), view.sourcesOf(state.digest()), peer.transport(), peer.scheduler());
    }
}
