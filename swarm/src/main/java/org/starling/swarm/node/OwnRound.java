package org.starling.swarm.node;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.AveragedGradient;
import org.starling.swarm.averaging.Bandwidth;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.averaging.Distrust;
import org.starling.swarm.averaging.ErrorFeedback;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.wire.proto.ContradictionMessage;

/**
 * The life of a round as a trainer sees it: meet, average, step. A gradient that nobody is known to have used is given back.
 * Confined to the protocol thread.
 */
final class OwnRound {
    private static final Logger log = LoggerFactory.getLogger(OwnRound.class);
    private static final Duration STEP_AGAIN = Duration.ofSeconds(1);
    private static final Duration MEET_AGAIN = Duration.ofMillis(300);

    private final PeerContext peer;
    private final Replica replica;
    private final GradientSource gradients;
    private final Matchmaking matchmaking;
    private final Bandwidth bandwidth;
    private final Distrust distrust;
    private final Rounds rounds;
    private final Records records;
    private final RecordSigning signing;
    private final Ledger ledger;
    private final Gossip gossip;
    private final StateServer states;
    private final UndecidedRounds undecided;
    private final ErrorFeedback feedback;
    private final ProgressReports reports;
    private final Situation situation;
    private final SampleAccount account;
    private final Predicate<Group.Member> unwelcome;
    private final Consumer<ContradictionMessage> onContradiction;
    private @Nullable Round current;
    /** By the final record of the round that is under way. */
    private long credited;

    /**
     * @param unwelcome members with whom this peer does not average
     * @param onContradiction told of members that have told others something else
     */
    OwnRound(
            PeerContext peer,
            Replica replica,
            GradientSource gradients,
            Matchmaking matchmaking,
            Bandwidth bandwidth,
            Distrust distrust,
            Rounds rounds,
            Records records,
            RecordSigning signing,
            Ledger ledger,
            Gossip gossip,
            StateServer states,
            UndecidedRounds undecided,
            ErrorFeedback feedback,
            ProgressReports reports,
            Situation situation,
            SampleAccount account,
            Predicate<Group.Member> unwelcome,
            Consumer<ContradictionMessage> onContradiction) {
        this.peer = peer;
        this.replica = replica;
        this.gradients = gradients;
        this.matchmaking = matchmaking;
        this.bandwidth = bandwidth;
        this.distrust = distrust;
        this.rounds = rounds;
        this.records = records;
        this.signing = signing;
        this.ledger = ledger;
        this.gossip = gossip;
        this.states = states;
        this.undecided = undecided;
        this.feedback = feedback;
        this.reports = reports;
        this.situation = situation;
        this.account = account;
        this.unwelcome = unwelcome;
        this.onContradiction = onContradiction;
    }

    /** Meets the others who stand where this peer stands, and goes on from there. */
    void begin(Position mine) {
        RoundKey key = mine.roundKey();
        situation.enter(Phase.MEETING);
        situation.explain("It meets the others for " + key + ".");
        drain().whenComplete(peer.scheduler()
                .guarded((drained, failure) -> peer.scheduler().execute(() -> {
                    if (failure != null || drained.isEmpty()) {
                        if (failure != null) {
                            log.error("No gradient from the training loop", failure);
                        }
                        situation.pause(untilTheOthersKnow());
                        return;
                    }
                    Gradient gradient = limited(drained.get());
                    account.enterRound(gradient.samples());
                    if (situation.phase() != Phase.MEETING || !situation.isAt(mine)) {
                        giveBack(gradient);
                        situation.pause(Duration.ZERO);
                        return;
                    }
                    meet(mine, key, gradient);
                })));
    }

    private void meet(Position mine, RoundKey key, Gradient gradient) {
        Deadlines.Wait meeting = peer.calls()
                .deadlines()
                .begin(Deadline.MEETING, peer.run().averaging().matchmakingWindow());
        matchmaking
                .meet(key, mine.subgroupsLog2(), gradient.samples())
                .whenComplete(peer.scheduler().guarded(orStartAgain(mine, gradient, (group, problem) -> {
                    meeting.end();
                    if (problem == null) {
                        average(mine, group, gradient);
                        return;
                    }
                    giveBack(gradient);
                    log.info("No group for {}: {}", key, problem.getMessage());
                    situation.explainSetback("It found no group for " + key + ": " + problem.getMessage() + ".");
                    situation.pause(untilTheOthersKnow());
                })));
    }

    /** What has been accumulated, with what the codec left out of earlier rounds. */
    private CompletableFuture<Optional<Gradient>> drain() {
        if (!peer.run().averaging().errorFeedback()) {
            return gradients.drain();
        }
        return gradients
                .drain()
                .thenCompose(drained -> peer.scheduler().compute(() -> {
                    drained.ifPresent(gradient -> feedback.addTo(gradient.mean(), gradient.samples()));
                    return drained;
                }));
    }

    /** The gradient with as many samples as the run believes; the others weigh nothing and are lost. */
    private Gradient limited(Gradient gradient) {
        long most = peer.run().limits().mostSamples();
        if (gradient.samples() <= most) {
            return gradient;
        }
        long excess = gradient.samples() - most;
        log.warn(
                "{} of {} samples are lost: the run credits a peer with {} in an epoch at most; its author can raise"
                        + " maxSamplesPerSecond",
                excess,
                gradient.samples(),
                most);
        account.lose(excess);
        return new Gradient(gradient.mean(), most);
    }

    /** What has happened here happens to others a little later, or earlier: then they meet again at the same time. */
    private Duration untilTheOthersKnow() {
        return peer.calls().deadlines().onTheWay(Deadlines.ANYBODY, MEET_AGAIN);
    }

    private void giveBack(Gradient gradient) {
        account.leaveRound();
        gradients.giveBack(gradient);
    }

    private void average(Position mine, Group group, Gradient gradient) {
        situation.enter(Phase.AVERAGING);
        records.roundBegins(mine.head());
        situation.explain("It averages for " + group.round() + " with " + group + ".");
        situation.refreshStatus();
        Round round = new Round(
                group,
                gradient.mean(),
                peer.credentials().identity(),
                peer.run().averaging(),
                peer.calls(),
                peer.scheduler(),
                distrust,
                member -> gossip.directory().suspect(member),
                contradiction -> onContradiction.accept(contradiction.message()));
        current = round;
        credited = 0;
        rounds.remember(round);
        CompletableFuture<Round.Outcome> outcome = round.start();
        round.exclude(unwelcome);
        rounds.answerEarlyCalls(round);
        outcome.whenComplete(peer.scheduler().guarded(orStartAgain(mine, gradient, (end, failure) -> {
            current = null;
            round.bandwidth().ifPresent(bandwidth::measured);
            if (end instanceof Round.Outcome.Committed committed && situation.isAt(mine)) {
                step(mine, round, committed, gradient);
            } else {
                notCommitted(
                        group,
                        gradient,
                        end instanceof Round.Outcome.Voided none ? none.reason() : "the swarm went on without it");
            }
        })));
    }

    private void notCommitted(Group group, Gradient gradient, String why) {
        account.roundVoid();
        log.info("The round for {} is void: {}", group.round(), why);
        situation.explainSetback("The last round was void: " + why + ".");
        if (credited > 0) {
            account.leaveRound();
            account.commit(credited);
            undecided.clear();
        } else {
            // the others may have committed it nevertheless, with this gradient
            undecided.add(group.id(), group.round().head());
            giveBack(gradient);
        }
        situation.pause(untilTheOthersKnow());
    }

    private void step(Position mine, Round round, Round.Outcome.Committed committed, Gradient own) {
        Group group = round.group();
        situation.enter(Phase.STEPPING);
        states.change(replica, () -> {
                    replica.apply(committed.gradient().values());
                    if (peer.run().averaging().errorFeedback()) {
                        feedback.keep(group, peer.self(), own.mean(), own.samples(), committed.gradient());
                    }
                })
                .whenComplete(peer.scheduler().guarded(orStartAgain(mine, own, (digest, failure) -> {
                    if (failure != null) {
                        startAgain(mine, own, failure);
                    } else {
                        stepped(
                                EpochRecords.of(peer.run().run(), mine, group, committed.gradient(), digest),
                                round,
                                committed.gradient(),
                                own);
                    }
                })));
    }

    /** A defect is reported as ever, and whatever it is, the peer does not stay where it is for ever. */
    private <T> BiConsumer<T, Throwable> orStartAgain(
            Position mine, Gradient own, BiConsumer<? super T, ? super Throwable> continuation) {
        return (value, failure) -> {
            try {
                continuation.accept(value, failure);
            } catch (RuntimeException | Error defect) {
                startAgain(mine, own, defect);
                throw defect;
            }
        };
    }

    private void startAgain(Position mine, Gradient own, Throwable failure) {
        if (current != null) {
            current.abandon("This peer has failed: " + failure.getMessage());
        }
        if (account.inRound() > 0) {
            giveBack(own);
        }
        if (situation.phase() == Phase.STEPPING) {
            log.error("The optimizer step failed; the state will be downloaded", failure);
            situation.moveTo(Position.origin(mine.generation(), new StateReference(0, 0, Digest.ZERO), Digest.ZERO));
            situation.setNewcomer(true);
        }
        situation.pause(STEP_AGAIN);
    }

    private void stepped(EpochRecord record, Round round, AveragedGradient committed, Gradient own) {
        situation.stepTo(Position.after(record));
        account.leaveRound();
        account.roundCommitted();
        int self = EpochRecords.indexOf(record, peer.self());
        long samples = record.members().get(self).samples();
        account.commit(samples);
        if (samples == 0) {
            String why = round.whyLeftOut(committed);
            log.info("This peer's gradient was not in every part of {}; its samples were lost: {}", record, why);
            situation.explainSetback("The last round went on without this peer's gradient: " + why + ".");
            account.lose(own.samples());
            undecided.lose();
        } else {
            undecided.clear();
            situation.forgetSetback();
        }
        log.info("Committed {} with {} samples", record, record.samples());
        // whoever was left out but lives is expected in the next round
        records.moveMembers(record, member -> member.samples() > 0 || round.hasHeardFrom(member.peer()));
        ledger.keep(record);
        signing.sign(record, round.group());
        ledger.follow(record.generation(), record.id());
        situation.pause(Duration.ZERO);
        reports.publishProgress();
        peer.listeners().forEach(l -> l.replicaAdvanced(record.generation(), record.stateReference()));
    }

    /** A record has become final; if it is that of the round under way, the round ends. */
    void becameFinal(EpochRecord record) {
        Round round = current;
        if (round != null && isOf(record, round.group())) {
            credited = record.members()
                    .get(EpochRecords.indexOf(record, peer.self()))
                    .samples();
            round.becameFinal(record.gradient());
        }
    }

    /** Anybody can make a record that names the group; with the group's members it has their quorum. */
    private static boolean isOf(EpochRecord record, Group group) {
        return record.groupId().equals(group.id())
                && record.members().stream()
                        .map(EpochRecord.Member::peer)
                        .toList()
                        .equals(group.members().stream().map(Group.Member::peer).toList());
    }

    /** Goes on without members who have become unwelcome. */
    void excludeUnwelcome() {
        if (current != null) {
            current.exclude(unwelcome);
        }
    }

    /** Ends the meeting or the round that is under way, if any. */
    void abandon(String why) {
        matchmaking.abandon(why);
        if (current != null) {
            current.abandon(why);
        }
    }
}
