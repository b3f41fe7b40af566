package org.starling.metrics.web;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.starling.metrics.MetricsProperties;
import org.starling.metrics.store.AccountSamples;
import org.starling.metrics.store.ChainStore;
import org.starling.metrics.store.EpochKey;
import org.starling.metrics.store.EvaluationPoint;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.swarm.SwarmView;
import org.starling.metrics.web.Views.Curve;
import org.starling.metrics.web.Views.Evaluation;
import org.starling.metrics.web.Views.GalleryItem;
import org.starling.metrics.web.Views.PeerRow;
import org.starling.metrics.web.Views.Summary;
import org.starling.metrics.web.Views.Update;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.wire.proto.Progress;

/** Puts together what is shown: what the node knows now and what has been stored. Safe for use by several threads. */
@Service
class Dashboard {
    private static final int MAX_PEERS = 500;
    static final int MAX_EPOCHS = 5000;

    private final SwarmView swarm;
    private final ChainStore chain;
    private final MetricsStore store;
    private final MetricsProperties properties;

    Dashboard(SwarmView swarm, ChainStore chain, MetricsStore store, MetricsProperties properties) {
        this.swarm = swarm;
        this.chain = chain;
        this.store = store;
        this.properties = properties;
    }

    Summary summary() {
        NodeStatus status = swarm.status();
        Optional<Position> position = position(status);
        List<Progress> progress = status.peers().stream()
                .map(PeerView::progress)
                .filter(Objects::nonNull)
                .toList();
        OptionalDouble training = progress.stream()
                .mapToDouble(Progress::getTrainingLoss)
                .filter(loss -> loss > 0)
                .average();
        return new Summary(
                swarm.run().run(),
                swarm.run().task(),
                status.generation(),
                position.map(Position::epoch).orElse(0L),
                position.map(Position::stateDigest).orElse(null),
                status.head().map(head -> head.id().toString()).orElse(null),
                position.map(Position::samples).orElse(0L),
                swarm.run().targetBatchSize(),
                status.swarmSamples(),
                progress.stream().mapToDouble(Progress::getSamplesPerSecond).sum(),
                status.peers().size(),
                (int) status.peers().stream()
                        .filter(peer -> has(peer, Role.TRAINER))
                        .count(),
                store.peersSeen(),
                training.isPresent() ? training.getAsDouble() : null,
                evaluation(),
                store.rollbacks(),
                status.phase().name().toLowerCase(Locale.ROOT),
                status.explanation());
    }

    /** Where the swarm is. */
    private record Position(long epoch, long samples, String stateDigest) {}

    /** The head, or, between a rollback and the first epoch after it, the state that was gone back to. */
    private Optional<Position> position(NodeStatus status) {
        Optional<EpochRecord> head = status.head().filter(record -> record.generation() >= status.generation());
        if (head.isPresent()) {
            return head.map(record -> new Position(
                    record.epoch(), record.totalSamples(), record.stateAfter().toString()));
        }
        return store.rollbacks().stream()
                .filter(rollback -> rollback.generation() == status.generation())
                .findFirst()
                .map(rollback -> new Position(rollback.epoch(), rollback.samples(), rollback.stateDigest()));
    }

    private @Nullable Evaluation evaluation() {
        Optional<EvaluationPoint> newest = store.newestEvaluation();
        Map<String, Double> baselines = store.baselines();
        return newest.map(point -> new Evaluation(point.generation(), point.epoch(), point.loss(), baselines))
                .orElse(null);
    }

    /** The peers that are alive: trainers first, then by account. */
    List<PeerRow> peers() {
        NodeStatus status = swarm.status();
        String head = position(status).map(Position::stateDigest).orElse("");
        Map<String, Long> committed = chain.samplesOf(
                status.peers().stream().map(peer -> peer.id().toString()).toList());
        return status.peers().stream()
                .map(peer -> row(peer, head, committed.getOrDefault(peer.id().toString(), 0L)))
                .sorted(Comparator.comparing((PeerRow row) -> !row.roles().contains(Role.TRAINER.claim()))
                        .thenComparing(PeerRow::account)
                        .thenComparing(PeerRow::peer))
                .limit(MAX_PEERS)
                .toList();
    }

    private static PeerRow row(PeerView peer, String head, long committed) {
        Progress progress = peer.progress() == null ? Progress.getDefaultInstance() : peer.progress();
        String digest = progress.getStateDigest().isEmpty()
                ? null
                : Digest.of(progress.getStateDigest()).toString();
        return new PeerRow(
                peer.id().toString(),
                peer.token().accountName(),
                peer.token().roles().stream()
                        .filter(role -> has(peer, role))
                        .map(Role::claim)
                        .sorted()
                        .toList(),
                progress.getGeneration(),
                progress.getEpoch(),
                digest,
                head.equals(digest),
                progress.getSamples(),
                committed,
                progress.getSamplesTotal(),
                progress.getSamplesLost(),
                progress.getSamplesPerSecond(),
                progress.getTrainingLoss() > 0 ? progress.getTrainingLoss() : null,
                peer.record().getDevice(),
                peer.record().getAgent(),
                peer.endpoint().isPresent(),
                peer.progressAt());
    }

    /** What a peer wants to be counts only as far as its token allows. */
    private static boolean has(PeerView peer, Role role) {
        return peer.token().roles().contains(role) && (peer.record().getRolesCount() == 0 || peer.plays(role));
    }

    List<AccountSamples> contributions() {
        return chain.contributions(properties.accounts());
    }

    List<GalleryItem> gallery() {
        return store.pictures().stream()
                .map(picture -> new GalleryItem(
                        picture.number(),
                        "/api/v1/gallery/" + picture.number() + ".png?generation=" + picture.generation() + "&epoch="
                                + picture.epoch(),
                        picture.prompt(),
                        picture.generation(),
                        picture.epoch()))
                .toList();
    }

    Curve curve(int limit) {
        return new Curve(store.newestEpochs(limit), store.evaluations(limit));
    }

    /** The epochs of these numbers, and the newest validations. */
    Curve curve(Set<EpochKey> epochs) {
        return new Curve(store.epochs(epochs), store.evaluations(4));
    }

    /** Everything but the curve. */
    Update now() {
        return new Update(summary(), peers(), contributions(), gallery(), new Curve(List.of(), List.of()));
    }
}
