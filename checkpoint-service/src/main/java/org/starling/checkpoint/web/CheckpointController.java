package org.starling.checkpoint.web;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.starling.checkpoint.catalog.Checkpoint;
import org.starling.checkpoint.catalog.CheckpointCatalog;

/** The list of checkpoints, newest first. */
@RestController
class CheckpointController {
    private final CheckpointCatalog catalog;

    CheckpointController(CheckpointCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * A checkpoint.
     *
     * @param stateDigest 64 hexadecimal digits, also those of the rollback's state and of every peer that has it
     * @param loss validation loss known when it was written, in the task's metric
     * @param state {@code good} or {@code corrupt}
     * @param problem why it is corrupt
     * @param hub what has become of the upload
     */
    record CheckpointView(
            long id,
            long generation,
            long epoch,
            String stateDigest,
            String recordId,
            long samples,
            @Nullable Double loss,
            Instant created,
            long bytes,
            String state,
            @Nullable String problem,
            HubView hub) {
        static CheckpointView of(Checkpoint checkpoint) {
            return new CheckpointView(
                    checkpoint.id(),
                    checkpoint.generation(),
                    checkpoint.epoch(),
                    checkpoint.stateDigest(),
                    checkpoint.recordId(),
                    checkpoint.samples(),
                    checkpoint.loss(),
                    checkpoint.createdAt(),
                    checkpoint.bytes(),
                    checkpoint.problem() == null ? "good" : "corrupt",
                    checkpoint.problem(),
                    new HubView(
                            checkpoint.hubState().name().toLowerCase(Locale.ROOT),
                            checkpoint.hubUrl(),
                            checkpoint.hubProblem()));
        }
    }

    /**
     * An upload.
     *
     * @param state {@code off}, {@code pending}, {@code uploaded}, {@code failed} or {@code superseded}
     * @param commitUrl the commit on the Hub
     * @param problem of the last try
     */
    record HubView(
            String state,
            @Nullable String commitUrl,
            @Nullable String problem) {}

    @GetMapping("/api/v1/checkpoints")
    List<CheckpointView> list() {
        return catalog.list().stream().map(CheckpointView::of).toList();
    }

    @GetMapping("/api/v1/checkpoints/{id}")
    CheckpointView find(@PathVariable("id") long id) {
        return catalog.find(id)
                .map(CheckpointView::of)
                .orElseThrow(() -> new ErrorResponseException(
                        HttpStatus.NOT_FOUND,
                        ProblemDetail.forStatusAndDetail(
                                HttpStatus.NOT_FOUND,
                                "There is no checkpoint " + id + "; GET /api/v1/checkpoints lists those that are"),
                        null));
    }
}
