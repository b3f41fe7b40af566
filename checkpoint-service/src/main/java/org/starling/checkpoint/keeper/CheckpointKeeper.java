package org.starling.checkpoint.keeper;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.checkpoint.CheckpointProperties;
import org.starling.checkpoint.archive.CheckpointArchive;
import org.starling.checkpoint.archive.LoadedCheckpoint;
import org.starling.checkpoint.archive.StoredCheckpoint;
import org.starling.checkpoint.archive.UnusableCheckpointException;
import org.starling.checkpoint.catalog.Checkpoint;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.swarm.SwarmAccess;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/**
 * Takes checkpoints of the swarm's head when they are due, and gives the newest good one back to the swarm when the service
 * starts. All work is done on one thread of its own; methods return at once where they do not say otherwise.
 */
public final class CheckpointKeeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CheckpointKeeper.class);
    /** For answers of this service's own node. */
    private static final Duration NODE_PATIENCE = Duration.ofSeconds(5);

    private final SwarmAccess swarm;
    private final CheckpointArchive archive;
    private final CheckpointCatalog catalog;
    private final Optional<HubUploads> uploads;
    private final CheckpointProperties properties;
    private final Schedule schedule;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "checkpoint-keeper");
        thread.setDaemon(true);
        return thread;
    });

    public CheckpointKeeper(
            SwarmAccess swarm,
            CheckpointArchive archive,
            CheckpointCatalog catalog,
            Optional<HubUploads> uploads,
            CheckpointProperties properties) {
        this.swarm = swarm;
        this.archive = archive;
        this.catalog = catalog;
        this.uploads = uploads;
        this.properties = properties;
        this.schedule = new Schedule(properties.everyEpochs());
    }

    /** Takes up the run where the newest good checkpoint left it. The future completes when that is done. */
    public CompletableFuture<Void> start() {
        return onExecutor(this::resume);
    }

    /** The swarm's head may have moved. The future completes when a checkpoint is taken, if one was due. */
    public CompletableFuture<Void> headMoved() {
        return onExecutor(() -> swarm.head()
                .filter(schedule::isDue)
                .ifPresent(head -> take(head, properties.patience(), properties.downloadTimeout())));
    }

    /** The authority has ordered something: a rollback's state is served to those who do not have it. */
    public CompletableFuture<Void> ordered(SignedOrder order) {
        return onExecutor(() -> follow(order.order()));
    }

    /** Takes a last checkpoint if that is quickly done, and stops. Blocks no longer than the shutdown patience and a second. */
    @Override
    public void close() {
        Duration patience = properties.shutdownPatience();
        onExecutor(() -> {
            if (!patience.isZero()) {
                swarm.head().ifPresent(head -> take(head, patience, patience));
            }
        });
        executor.shutdown();
        try {
            if (!executor.awaitTermination(patience.plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private CompletableFuture<Void> onExecutor(Runnable work) {
        try {
            return CompletableFuture.runAsync(work, executor).exceptionally(failure -> {
                log.error("A checkpoint could not be dealt with; the next one will be tried", failure);
                return null;
            });
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(null);
        }
    }

    private void resume() {
        try {
            archive.scan().forEach(catalog::add);
        } catch (IOException e) {
            log.error("The folder of checkpoints cannot be read: {}", e.getMessage());
        }
        boolean given = false;
        for (Checkpoint checkpoint : catalog.list()) {
            if (!given) {
                given = giveBack(checkpoint);
            } else if (checkpoint.problem() != null) {
                load(checkpoint);
            }
        }
        swarm.orders().forEach(order -> follow(order.order()));
        uploads.ifPresent(HubUploads::wake);
    }

    /** Whether the swarm has taken the checkpoint for what it is. */
    private boolean giveBack(Checkpoint checkpoint) {
        Optional<LoadedCheckpoint> loaded = load(checkpoint);
        if (loaded.isEmpty()) {
            return false;
        }
        EpochRecord record = loaded.get().record();
        swarm.serve(record.stateReference(), loaded.get().state());
        try {
            if (await(swarm.adopt(loaded.get().message()), NODE_PATIENCE)) {
                log.info("Resuming from the checkpoint of {}", record);
                return true;
            }
            log.warn(
                    "The checkpoint of {} is whole, but its record is not signed by a quorum that this run's authority"
                            + " vouches for; trying the one before it",
                    record);
        } catch (TimeoutException | ExecutionException e) {
            log.warn("The record of {} was not adopted: {}", record, reason(e));
        }
        return false;
    }

    /**
     * Reads a checkpoint, verified; marks it when it cannot be used, and takes the mark away when it can be again: a disk that
     * was not there yesterday may be there today. Blocks for as long as the disk takes.
     */
    public Optional<LoadedCheckpoint> load(Checkpoint checkpoint) {
        try {
            LoadedCheckpoint loaded = archive.read(checkpoint.folder());
            if (checkpoint.problem() != null) {
                log.info("The checkpoint in {} can be used again", archive.folder(checkpoint.folder()));
                catalog.markUsable(checkpoint.id());
            }
            return Optional.of(loaded);
        } catch (UnusableCheckpointException e) {
            log.error("{}", e.getMessage());
            catalog.markUnusable(checkpoint.id(), String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private void follow(Order order) {
        if (order instanceof Order.Rollback rollback) {
            catalog.note(rollback);
            catalog.findByState(rollback.state().digest())
                    .flatMap(this::load)
                    .ifPresent(loaded -> swarm.serve(rollback.state(), loaded.state()));
        }
    }

    private void take(EpochRecord head, Duration patience, Duration timeout) {
        if (catalog.findByRecord(head.id()).isPresent()) {
            return;
        }
        try {
            StateSnapshot state = await(swarm.fetchState(head.stateReference(), patience), timeout);
            Optional<EpochRecordMessage> message = await(swarm.exportRecord(head.id()), NODE_PATIENCE);
            if (message.isEmpty()) {
                log.info("The record of {} is gone; the next one is tried", head);
                return;
            }
            OptionalDouble loss = swarm.validationLoss();
            StoredCheckpoint stored = archive.write(head, message.get(), state, loss);
            catalog.add(stored);
            schedule.saved(head);
            swarm.serve(head.stateReference(), state);
            log.info("Checkpoint of {} in {}, {} bytes", head, archive.folder(stored.folder()), stored.bytes());
            uploads.ifPresent(HubUploads::wake);
            dropOldOnes();
        } catch (IOException e) {
            log.error(
                    "The checkpoint of {} could not be written to {}: {}. Make room or set starling.checkpoint.folder;"
                            + " the next epoch is tried",
                    head,
                    properties.folder(),
                    e.getMessage());
        } catch (TimeoutException | ExecutionException e) {
            log.info("The state of {} could not be had, the next one is tried: {}", head, reason(e));
        }
    }

    private void dropOldOnes() throws IOException {
        for (Checkpoint old : catalog.dispensable(properties.keep())) {
            // One whose upload lasts longer than it takes to get old goes the next time.
            if (uploads.filter(u -> u.needs(old)).isEmpty()) {
                archive.delete(old.folder());
                catalog.remove(old.id());
            }
        }
    }

    private static <T> T await(CompletableFuture<T> future, Duration patience)
            throws ExecutionException, TimeoutException {
        try {
            return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TimeoutException("the service is stopping");
        } finally {
            future.cancel(false);
        }
    }

    private static String reason(Exception e) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
