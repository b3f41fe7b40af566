package org.starling.metrics.store;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.data.domain.Persistable;
import org.starling.swarm.ledger.EpochRecord;

/** A final epoch record. Never changes, but for whether it counts. */
@Entity
@Table(name = "epoch")
public class StoredEpoch implements Persistable<String> {
    @Id
    private String recordId;

    private long generation;
    private long epoch;
    private String parent;
    private long samples;
    private long totalSamples;
    private String stateBefore;
    private String stateAfter;
    private Instant startedAt;
    private Instant seenAt;
    private boolean onChain;

    @ElementCollection
    @CollectionTable(name = "contribution", joinColumns = @JoinColumn(name = "record_id"))
    private List<Member> members = new ArrayList<>();

    @Transient
    private boolean fresh;

    /** A member of the group that made the record. */
    @Embeddable
    public record Member(String peerId, String accountId, String accountName, long samples) {}

    @SuppressWarnings("NullAway.Init")
    protected StoredEpoch() {}

    StoredEpoch(EpochRecord record, Instant seenAt) {
        this.recordId = record.id().toString();
        this.generation = record.generation();
        this.epoch = record.epoch();
        this.parent = record.parent().toString();
        this.samples = record.samples();
        this.totalSamples = record.totalSamples();
        this.stateBefore = record.stateBefore().toString();
        this.stateAfter = record.stateAfter().toString();
        this.startedAt = record.startedAt();
        this.seenAt = seenAt;
        this.fresh = true;
        record.members()
                .forEach(member -> members.add(new Member(
                        member.peer().toString(),
                        PlainText.of(member.accountId()),
                        PlainText.of(member.accountName()),
                        member.samples())));
    }

    @Override
    public String getId() {
        return recordId;
    }

    @Override
    public boolean isNew() {
        return fresh;
    }
}
