package org.starling.peer;

import com.google.protobuf.ByteString;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.Picture;
import org.starling.training.task.TrainingTask;

/**
 * Shows the swarm what it has learned: the validation loss every few epochs, computed by one peer, and this peer's
 * drawings of a few fixed prompts, as often as a share of one thread's time allows.
 */
final class Showcase {
    private static final Logger log = LoggerFactory.getLogger(Showcase.class);
    private static final int MAX_GALLERY_BYTES = 1_000_000;
    private static final long GALLERY_SEED = 1;

    private final TrainingTask task;
    private final Studio studio;
    private final SwarmNode node;
    private final PeerId self;
    private final boolean draws;
    private final PeerProperties properties;

    private final AtomicBoolean validating = new AtomicBoolean();
    private final AtomicBoolean drawing = new AtomicBoolean();
    private volatile long drawNotBeforeNanos = System.nanoTime();
    private volatile @Nullable Model newest;
    private volatile Gallery gallery = Gallery.getDefaultInstance();

    /** @param draws whether this peer has the inference role */
    Showcase(TrainingTask task, Studio studio, SwarmNode node, PeerId self, boolean draws, PeerProperties properties) {
        this.task = task;
        this.studio = studio;
        this.node = node;
        this.self = self;
        this.draws = draws;
        this.properties = properties;
        if (draws) {
            node.offerGallery(() -> gallery);
        }
    }

    /** Takes note of a newer model. Returns at once. */
    void show(Model model) {
        newest = model;
        if (isTurn(model.epoch())) {
            validate(model);
        }
        if (draws && System.nanoTime() - drawNotBeforeNanos >= 0) {
            draw(model);
        }
    }

    /** Whether the model of this epoch is to be validated, and by this peer. */
    boolean isTurn(long epoch) {
        return epoch % properties.evaluationInterval() == 0
                && validator(epoch, node.status().peers(), self, draws).equals(self);
    }

    /** The peer that validates an epoch: among those that draw, or else the trainers, the one with the smallest hash. */
    static PeerId validator(long epoch, List<PeerView> others, PeerId self, boolean selfDraws) {
        List<PeerId> drawing = withRole(others, Role.INFERENCE);
        List<PeerId> candidates = selfDraws || !drawing.isEmpty() ? drawing : withRole(others, Role.TRAINER);
        return Stream.concat(candidates.stream(), selfDraws || drawing.isEmpty() ? Stream.of(self) : Stream.empty())
                .min(Comparator.comparing(
                        peer -> ByteString.copyFrom(Hashes.sha256(
                                (epoch + " validates " + peer).getBytes(java.nio.charset.StandardCharsets.UTF_8))),
                        ByteString.unsignedLexicographicalComparator()))
                .orElse(self);
    }

    private static List<PeerId> withRole(List<PeerView> peers, Role role) {
        return peers.stream().filter(peer -> peer.plays(role)).map(PeerView::id).toList();
    }

    private void validate(Model model) {
        if (!validating.compareAndSet(false, true)) {
            log.debug("Epoch {} is not validated: the last validation is still under way", model.epoch());
            return;
        }
        studio.validate(model.parameters(), properties.evaluationSamples()).whenComplete((validation, failure) -> {
            validating.set(false);
            if (failure != null) {
                log.warn("The model of epoch {} could not be validated: {}", model.epoch(), failure.toString());
                return;
            }
            log.info(
                    "Validation at epoch {}: {} {}",
                    model.epoch(),
                    String.format(
                            java.util.Locale.ROOT, "%.3f", validation.losses().metric()),
                    task.metric());
            node.publish(Evaluation.newBuilder()
                    .setGeneration(model.generation())
                    .setEpoch(model.epoch())
                    .setLoss(validation.losses().metric())
                    .setSamples(validation.losses().samples())
                    .putAllBaselines(validation.baselines())
                    .build());
        });
    }

    private void draw(Model model) {
        if (!drawing.compareAndSet(false, true)) {
            return;
        }
        long start = System.nanoTime();
        studio.draw(model.parameters(), task.prompts(), GALLERY_SEED).whenComplete((drawings, failure) -> {
            long end = System.nanoTime();
            drawNotBeforeNanos = end + (long) ((end - start) * (1 / properties.drawingShare() - 1));
            drawing.set(false);
            if (failure != null) {
                log.warn("The gallery of epoch {} could not be drawn: {}", model.epoch(), failure.toString());
                return;
            }
            gallery = galleryOf(model, drawings);
            log.debug(
                    "Drew {} pictures at epoch {} in {} ms", drawings.size(), model.epoch(), (end - start) / 1_000_000);
        });
    }

    private static Gallery galleryOf(Model model, List<Drawing> drawings) {
        Gallery.Builder pictures =
                Gallery.newBuilder().setGeneration(model.generation()).setEpoch(model.epoch());
        int bytes = 0;
        for (Drawing drawing : drawings) {
            bytes += drawing.png().length + drawing.prompt().length();
            if (bytes > MAX_GALLERY_BYTES) {
                log.warn("The gallery would be too large; it ends before '{}'", drawing.prompt());
                break;
            }
            pictures.addPictures(
                    Picture.newBuilder().setPrompt(drawing.prompt()).setPng(ByteString.copyFrom(drawing.png())));
        }
        return pictures.build();
    }

    /** Whether this peer answers requests for drawings. */
    boolean draws() {
        return draws;
    }

    /** The drawings shown now; none before the first ones are finished. */
    Gallery gallery() {
        return gallery;
    }

    /**
     * Draws what the prompt says with the newest model. Empty if there is no model yet.
     *
     * @return fails with a {@link RejectedExecutionException} if too many wait already
     */
    Optional<CompletableFuture<Drawing>> draw(String prompt, long seed) {
        return Optional.ofNullable(newest)
                .map(model ->
                        studio.draw(model.parameters(), List.of(prompt), seed).thenApply(drawings -> drawings.get(0)));
    }
}
