package org.starling.checkpoint.keeper;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
    private @Nullable Future<?> next;
    private volatile @Nullable Checkpoint underWay;

    /** @param executor of {@link #newExecutor}, which ends with this */
    public HubUploads(
            HubUploader uploader,
            CheckpointArchive archive,
            CheckpointCatalog catalog,
            Duration retryAfter,
            ScheduledExecutorService executor) {
        this.uploader = uploader;
        this.archive = archive;
        this.catalog = catalog;
        this.retryAfter = retryAfter;
        this.executor = executor;
    }

    /** A thread for uploads. */
    public static ScheduledThreadPoolExecutor newExecutor() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "hub-upload");
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** There may be something to upload. */
    void wake() {
        schedule(Duration.ZERO);
    }

    /** Whether the checkpoint's files are being uploaded. */
    boolean needs(Checkpoint checkpoint) {
        Checkpoint now = underWay;
        return now != null && now.id() == checkpoint.id();
    }

    /** In the place of the try that is scheduled already, if there is one. */
    private synchronized void schedule(Duration delay) {
        if (next != null) {
            next.cancel(false);
        }
        try {
            next = executor.schedule(this::uploadNewest, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("The service is stopping; the upload waits for its next start");
        }
    }

    private void uploadNewest() {
        Optional<Checkpoint> newest = Optional.empty();
        try {
            newest = catalog.nextUpload();
            if (newest.isPresent()) {
                underWay = newest.get();
                upload(newest.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            log.warn(
                    "The upload to {} failed and is tried again in {}; the checkpoint on disk is safe: {}",
                    uploader.repository(),
                    retryAfter,
                    e.getMessage());
            newest.ifPresent(checkpoint -> catalog.markUploadFailed(checkpoint.id(), String.valueOf(e.getMessage())));
            schedule(retryAfter);
        } finally {
            underWay = null;
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
