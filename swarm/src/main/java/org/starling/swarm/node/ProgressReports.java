package org.starling.swarm.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/** What this peer tells the others of itself. Confined to the protocol thread. */
final class ProgressReports {
    private static final int MAX_EVALUATIONS = 4;

    private final PeerContext peer;
    private final Optional<GradientSource> gradients;
    private final Gossip gossip;
    private final Ledger ledger;
    private final OrderBook orders;
    private final StateServer states;
    private final Stranding stranding;
    private final Situation situation;
    private final SampleAccount account;
    private final List<Evaluation> evaluations = new ArrayList<>();

    ProgressReports(
            PeerContext peer,
            Optional<GradientSource> gradients,
            Gossip gossip,
            Ledger ledger,
            OrderBook orders,
            StateServer states,
            Stranding stranding,
            Situation situation,
            SampleAccount account) {
        this.peer = peer;
        this.gradients = gradients;
        this.gossip = gossip;
        this.ledger = ledger;
        this.orders = orders;
        this.states = states;
        this.stranding = stranding;
        this.situation = situation;
        this.account = account;
    }

    /** How to reach this peer, and by what right it takes part. */
    void publishPeerRecord() {
        gossip.publish(PeerRecord.newBuilder()
                .setAccessToken(peer.credentials().token().compact())
                .setAddress(peer.settings().advertisedAddress())
                .addAllRoles(peer.settings().roles().stream()
                        .map(Role::claim)
                        .sorted()
                        .toList())
                .setAgent(peer.settings().agent())
                .setDevice(gradients.map(GradientSource::device).orElse(""))
                .build());
    }

    /** How far this peer is; its sign of life. */
    void publishProgress() {
        if (isRecordAwaited()) {
            return;
        }
        Progress.Builder progress = Progress.newBuilder()
                .setOrderNumber(orders.newest())
                .setGeneration(orders.generation())
                .addAllEvaluations(evaluations);
        states.pinned().forEach(digest -> progress.addServes(digest.toByteString()));
        progress.setNewcomer(situation.isNewcomer() || stranding.isStranded());
        situation
                .position()
                .ifPresent(mine -> progress.setGeneration(mine.generation())
                        .setEpoch(mine.state().epoch())
                        .setStateDigest(mine.state().digest().toByteString())
                        .setSamplesLost(account.lost()));
        SampleLimits limits = peer.run().limits();
        gradients.ifPresent(source -> progress.setSamples(
                        Math.min(limits.mostSamples(), source.samples() + account.inRound()))
                .setSamplesTotal(account.committed() + account.lost() + source.samples() + account.inRound())
                .setSamplesPerSecond(Math.max(0, Math.min(limits.samplesPerSecond(), source.samplesPerSecond())))
                .setTrainingLoss(Double.isFinite(source.trainingLoss()) ? source.trainingLoss() : 0));
        gossip.report(progress.build());
    }

    /** Whether the record of this peer's last round is about to tell everybody where it stands. */
    private boolean isRecordAwaited() {
        return situation
                .position()
                .filter(mine -> peer.scheduler().nanoTime() - situation.steppedNanos()
                                < peer.run()
                                        .membership()
                                        .heartbeat()
                                        .multipliedBy(2)
                                        .toNanos()
                        && ledger.find(mine.head()).isPresent()
                        && !ledger.isFinal(mine.head()))
                .isPresent();
    }

    /** Tells what a validation has given, from now on with each progress. */
    void add(Evaluation evaluation) {
        evaluations.add(evaluation);
        if (evaluations.size() > MAX_EVALUATIONS) {
            evaluations.remove(0);
        }
        publishProgress();
    }
}
