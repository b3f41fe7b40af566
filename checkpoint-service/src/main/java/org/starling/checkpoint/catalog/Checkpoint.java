package org.starling.checkpoint.catalog;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import java.time.Instant;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;
import org.starling.checkpoint.archive.StoredCheckpoint;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;

/** One checkpoint in the list. Keeper and uploader change different columns, so only changed ones are written. */
@Entity
@DynamicUpdate
public class Checkpoint {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    private long generation;
    private long epoch;
    private long samples;

    private String stateDigest;

    private String recordId;

    private String folder;
    private long bytes;
    private @Nullable Double loss;
    private Instant createdAt;
    private @Nullable String problem;

    @Enumerated(EnumType.STRING)
    private HubState hubState;

    private @Nullable String hubUrl;
    private @Nullable String hubProblem;

    /** What has become of the upload. */
    public enum HubState {
        /** Uploading is not configured. */
        OFF,
        PENDING,
        UPLOADED,
        /** Tried and failed; will be tried again while no newer checkpoint exists. */
        FAILED,
        /** A newer checkpoint was there before this one could be uploaded. */
        SUPERSEDED
    }

    @SuppressWarnings("NullAway.Init")
    protected Checkpoint() {}

    Checkpoint(StoredCheckpoint stored, HubState hubState, Instant createdAt) {
        EpochRecord record = stored.record();
        this.generation = record.generation();
        this.epoch = record.epoch();
        this.samples = record.totalSamples();
        this.stateDigest = record.stateAfter().toString();
        this.recordId = record.id().toString();
        this.folder = stored.folder();
        this.bytes = stored.bytes();
        this.loss = stored.loss().isPresent() ? stored.loss().getAsDouble() : null;
        this.createdAt = createdAt;
        this.hubState = hubState;
    }

    public long id() {
        if (id == null) {
            throw new IllegalStateException("The checkpoint has not been saved yet");
        }
        return id;
    }

    public long generation() {
        return generation;
    }

    public long epoch() {
        return epoch;
    }

    public long samples() {
        return samples;
    }

    /** 64 hexadecimal digits. */
    public String stateDigest() {
        return stateDigest;
    }

    public StateReference state() {
        return new StateReference(epoch, samples, Digest.parse(stateDigest));
    }

    /** 64 hexadecimal digits. */
    public String recordId() {
        return recordId;
    }

    /** Name of the folder in the archive. */
    public String folder() {
        return folder;
    }

    public long bytes() {
        return bytes;
    }

    public @Nullable Double loss() {
        return loss;
    }

    public Instant createdAt() {
        return createdAt;
    }

    /** Why the files cannot be used; null while they can. */
    public @Nullable String problem() {
        return problem;
    }

    public HubState hubState() {
        return hubState;
    }

    /** Address of the commit on the Hub. */
    public @Nullable String hubUrl() {
        return hubUrl;
    }

    public @Nullable String hubProblem() {
        return hubProblem;
    }

    void unusable(String why) {
        problem = why;
    }

    void usable() {
        problem = null;
    }

    void uploaded(String url) {
        hubState = HubState.UPLOADED;
        hubUrl = url;
        hubProblem = null;
    }

    void uploadFailed(String why) {
        hubState = HubState.FAILED;
        hubProblem = why;
    }

    void superseded() {
        hubState = HubState.SUPERSEDED;
    }

    void pending() {
        hubState = HubState.PENDING;
    }
}
