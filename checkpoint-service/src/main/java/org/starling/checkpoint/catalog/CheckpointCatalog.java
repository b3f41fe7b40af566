package org.starling.checkpoint.catalog;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.checkpoint.CheckpointProperties;
import org.starling.checkpoint.archive.StoredCheckpoint;
import org.starling.checkpoint.catalog.Checkpoint.HubState;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.orders.Order;

/** The list of checkpoints and rollbacks. Safe for use by several threads; each method is one transaction. */
@Service
@Transactional
public class CheckpointCatalog {
    private static final int MAX_PROBLEM_CHARACTERS = 1000;

    private final CheckpointRepository checkpoints;
    private final RollbackRepository rollbacks;
    private final CheckpointProperties properties;
    private final InstantSource clock;

    CheckpointCatalog(
            CheckpointRepository checkpoints,
            RollbackRepository rollbacks,
            CheckpointProperties properties,
            InstantSource clock) {
        this.checkpoints = checkpoints;
        this.rollbacks = rollbacks;
        this.properties = properties;
        this.clock = clock;
    }

    /** Newest generation first, in it the one with the most samples. */
    @Transactional(readOnly = true)
    public List<Checkpoint> list() {
        return checkpoints.findNewestFirst();
    }

    @Transactional(readOnly = true)
    public Optional<Checkpoint> find(long id) {
        return checkpoints.findById(id);
    }

    @Transactional(readOnly = true)
    public Optional<Checkpoint> findByRecord(Digest recordId) {
        return checkpoints.findByRecordId(recordId.toString());
    }

    /** A checkpoint of this state that can be used. */
    @Transactional(readOnly = true)
    public Optional<Checkpoint> findByState(Digest state) {
        return checkpoints.findUsable(state.toString()).stream().findFirst();
    }

    /** Puts a checkpoint that is on disk into the list, unless it is there. */
    public Checkpoint add(StoredCheckpoint stored) {
        return checkpoints
                .findByRecordId(stored.record().id().toString())
                .orElseGet(() -> checkpoints.save(new Checkpoint(
                        stored, properties.hubUrl() == null ? HubState.OFF : HubState.PENDING, clock.instant())));
    }

    public void remove(long id) {
        checkpoints.deleteById(id);
    }

    /** Those beyond the newest ones to keep that no rollback has led to. */
    @Transactional(readOnly = true)
    public List<Checkpoint> dispensable(int keep) {
        List<String> held =
                rollbacks.findAll().stream().map(Rollback::stateDigest).toList();
        List<Checkpoint> usable =
                list().stream().filter(c -> c.problem() == null).skip(keep).toList();
        return usable.stream().filter(c -> !held.contains(c.stateDigest())).toList();
    }

    public void markUnusable(long id, String why) {
        change(id, checkpoint -> checkpoint.unusable(shortened(why)));
    }

    public void markUsable(long id) {
        change(id, Checkpoint::usable);
    }

    public void markUploaded(long id, String url) {
        change(id, checkpoint -> checkpoint.uploaded(url));
    }

    public void markUploadFailed(long id, String why) {
        change(id, checkpoint -> checkpoint.uploadFailed(shortened(why)));
    }

    /** The checkpoint to upload, the newest one, if it has not been; older ones that have not are given up. */
    public Optional<Checkpoint> nextUpload() {
        List<Checkpoint> usable =
                list().stream().filter(c -> c.problem() == null).toList();
        usable.stream()
                .skip(1)
                .filter(c -> c.hubState() == HubState.PENDING || c.hubState() == HubState.FAILED)
                .forEach(Checkpoint::superseded);
        Optional<Checkpoint> newest = usable.stream().findFirst().filter(c -> c.hubState() != HubState.UPLOADED);
        newest.ifPresent(Checkpoint::pending);
        return newest;
    }

    /** Notes a rollback, once. */
    public void note(Order.Rollback order) {
        rollbacks.insertIfAbsent(
                order.number(),
                order.generation(),
                order.state().epoch(),
                order.state().samples(),
                order.state().digest().toString(),
                order.issuedAt());
    }

    /** Newest first. */
    @Transactional(readOnly = true)
    public List<Rollback> rollbacks() {
        return rollbacks.findAllByOrderByOrderNumberDesc();
    }

    private void change(long id, Consumer<Checkpoint> change) {
        checkpoints.findById(id).ifPresent(change);
    }

    private static String shortened(String why) {
        return why.length() <= MAX_PROBLEM_CHARACTERS ? why : why.substring(0, MAX_PROBLEM_CHARACTERS) + "...";
    }
}
