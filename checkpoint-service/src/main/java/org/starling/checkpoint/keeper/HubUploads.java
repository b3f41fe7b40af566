package org.starling.checkpoint.keeper;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.checkpoint.archive.CheckpointArchive;
import org.starling.checkpoint.catalog.Checkpoint;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.hub.HubUploader;

/**
 * Uploads the newest checkpoint, on a thread of its own, again and again until it is done or a newer one exists. Whatever
 * happens here, the checkpoint on disk stays.
 */
public final class HubUploads implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HubUploads.class);

    private final HubUploader uploader;
    private final CheckpointArchive archive;
    private final CheckpointCatalog catalog;
    private final Duration retryAfter;
    private final ScheduledExecutorService executor;

    public HubUploads(HubUploader uploader, CheckpointArchive archive, CheckpointCatalog catalog, Duration retryAfter) {
        this.uploader = uploader;
        this.archive = archive;
        this.catalog = catalog;
        this.retryAfter = retryAfter;
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "hub-upload");
            thread.setDaemon(true);
            return thread;
        });
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.executor = pool;
    }

    /** There may be something to upload. */
    void wake() {
        schedule(Duration.ZERO);
    }

    private void schedule(Duration delay) {
        try {
            executor.schedule(this::uploadNewest, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("The service is stopping; the upload waits for its next start");
        }
    }

    private void uploadNewest() {
        Optional<Checkpoint> next = Optional.empty();
        try {
            next = catalog.nextUpload();
            if (next.isPresent()) {
                upload(next.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            log.warn(
                    "The upload to {} failed and is tried again in {}; the checkpoint on disk is safe: {}",
                    uploader.repository(),
                    retryAfter,
                    e.getMessage());
            next.ifPresent(checkpoint -> catalog.markUploadFailed(checkpoint.id(), String.valueOf(e.getMessage())));
            schedule(retryAfter);
        }
    }

    private void upload(Checkpoint checkpoint) throws IOException, InterruptedException {
        String title = "Epoch " + checkpoint.epoch() + " of generation " + checkpoint.generation() + ", state "
                + checkpoint.stateDigest();
        String url = uploader.upload(archive.folder(checkpoint.folder()), CheckpointArchive.fileNames(), title);
        catalog.markUploaded(checkpoint.id(), url);
        log.info("Epoch {} of generation {} is at {}", checkpoint.epoch(), checkpoint.generation(), url);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
