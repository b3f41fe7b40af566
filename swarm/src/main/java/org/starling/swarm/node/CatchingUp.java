package org.starling.swarm.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.averaging.ErrorFeedback;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateDownload;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.Endpoint;

/** Takes the replica to where the swarm is, by downloading its state. Confined to the protocol thread. */
final class CatchingUp {
    private static final Logger log = LoggerFactory.getLogger(CatchingUp.class);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration NO_SOURCE_YET = Duration.ofMillis(200);
    private static final Duration HISTORY_PATIENCE = Duration.ofSeconds(3);

    private final PeerContext peer;
    private final Replica replica;
    private final Optional<GradientSource> gradients;
    private final StateServer states;
    private final SwarmView view;
    private final Ledger ledger;
    private final History history;
    private final MissingStates missing;
    private final UndecidedRounds undecided;
    private final ErrorFeedback feedback;
    private final ProgressReports reports;
    private final Situation situation;
    private final SampleAccount account;

    CatchingUp(
            PeerContext peer,
            Replica replica,
            Optional<GradientSource> gradients,
            StateServer states,
            SwarmView view,
            Ledger ledger,
            History history,
            MissingStates missing,
            UndecidedRounds undecided,
            ErrorFeedback feedback,
            ProgressReports reports,
            Situation situation,
            SampleAccount account) {
        this.peer = peer;
        this.replica = replica;
        this.gradients = gradients;
        this.states = states;
        this.view = view;
        this.ledger = ledger;
        this.history = history;
        this.missing = missing;
        this.undecided = undecided;
        this.feedback = feedback;
        this.reports = reports;
        this.situation = situation;
        this.account = account;
    }

    /** Goes from one place to another, or comes back to it later if nobody says yet that it has that state. */
    void start(Position mine, Position target) {
        List<Endpoint> sources = view.sourcesOf(target.state().digest());
        situation.explain("It is at epoch " + mine.state().epoch() + " of generation " + mine.generation()
                + "; the swarm is at epoch " + target.state().epoch() + " of generation " + target.generation()
                + (sources.isEmpty()
                        ? ", but nobody says yet that it has that state."
                        : ", whose state it downloads."));
        if (sources.isEmpty()) {
            missing.notFound(mine, target);
            if (situation.phase() == Phase.ACCUMULATING) {
                situation.pause(NO_SOURCE_YET);
            }
            return;
        }
        situation.enter(Phase.CATCHING_UP);
        log.info("Catching up to epoch {} of generation {}", target.state().epoch(), target.generation());
        StateDownload.start(target.state().digest(), maxBytes(replica), sources, peer.transport(), peer.scheduler())
                .thenCompose(this::load)
                .thenCombine(learnWhatLiesBetween(mine, target, sources), (loaded, learned) -> loaded)
                .whenComplete(peer.scheduler().guarded((loaded, failure) -> {
                    if (failure != null) {
                        log.info("Not caught up yet: {}", Futures.cause(failure).getMessage());
                        if (Futures.cause(failure) instanceof UnloadableException) {
                            ledger.reject(target.head());
                        }
                        situation.pause(RETRY);
                    } else {
                        arrived(mine, target);
                    }
                }));
    }

    /**
     * A chain may be followed of which not all records are here. Whether a round of unknown outcome was committed may stand in
     * those that are not.
     */
    private CompletableFuture<Void> learnWhatLiesBetween(Position mine, Position target, List<Endpoint> sources) {
        CompletableFuture<Void> learned = new CompletableFuture<>();
        Optional<EpochRecord> head = ledger.find(target.head());
        if (undecided.isEmpty()
                || head.isEmpty()
                || target.generation() != mine.generation()
                || history.areConnected(target.head(), mine.head())) {
            learned.complete(null);
        } else {
            history.connect(head.get(), mine.head(), Optional.empty(), sources)
                    .whenComplete(peer.scheduler().guarded((done, failure) -> learned.complete(null)));
            Deadlines.Wait wait = peer.calls().deadlines().begin(Deadline.HISTORY, HISTORY_PATIENCE);
            learned.whenComplete(peer.scheduler().guarded((done, failure) -> wait.end()));
            peer.scheduler().schedule(wait.allowed(), () -> learned.complete(null));
        }
        return learned;
    }

    private void arrived(Position mine, Position target) {
        boolean near = target.generation() == mine.generation()
                && target.state().epoch() <= mine.state().epoch() + 1;
        long spent = undecided.spentSamples(target);
        account.recover(undecided.recoverSamples(target));
        if (!near || spent > 0) {
            discardGradients(target, spent);
        }
        situation.moveTo(target);
        situation.setNewcomer(false);
        log.info(
                "At epoch {} of generation {}, state {}",
                target.state().epoch(),
                target.generation(),
                target.state().digest().abbreviated());
        situation.pause(Duration.ZERO);
        reports.publishProgress();
        peer.listeners().forEach(l -> l.replicaAdvanced(target.generation(), target.state()));
    }

    /** Bytes that a state of the replica may have: they hardly differ. */
    static long maxBytes(Replica replica) {
        return 2 * replica.state().size() + StateDescription.CHUNK_BYTES;
    }

    private CompletableFuture<Digest> load(StateSnapshot snapshot) {
        return states.change(replica, () -> replica.load(snapshot)).handle((loaded, failure) -> {
            if (failure != null || !loaded.equals(snapshot.description().digest())) {
                throw new UnloadableException(
                        "The replica cannot load the state "
                                + snapshot.description().digest().abbreviated()
                                + (failure == null
                                        ? " as it is"
                                        : ": " + Futures.cause(failure).getMessage()),
                        failure);
            }
            return loaded;
        });
    }

    /** A quorum has signed a state that is none of this model; it would be the same the next time. */
    private static final class UnloadableException extends RuntimeException {
        UnloadableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private void discardGradients(Position target, long spent) {
        feedback.forget();
        long discarded = Math.max(0, gradients.map(GradientSource::discard).orElse(0L) - spent);
        account.commit(spent);
        if (spent > 0) {
            undecided.clear();
        } else {
            undecided.lose();
        }
        if (discarded > 0) {
            account.lose(discarded);
            log.info(
                    "{} samples were computed on a state that the swarm has left; they are lost. It is at epoch {} of"
                            + " generation {}",
                    discarded,
                    target.state().epoch(),
                    target.generation());
        }
    }
}
