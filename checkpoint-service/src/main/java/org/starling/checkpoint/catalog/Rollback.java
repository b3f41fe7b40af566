package org.starling.checkpoint.catalog;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;

/** An order that took the swarm back to a state. Never changes; {@link RollbackRepository#insertIfAbsent} writes it. */
@Entity
public class Rollback {
    @Id
    private long orderNumber;

    private long generation;
    private long epoch;
    private long samples;

    private String stateDigest;

    private Instant orderedAt;

    @SuppressWarnings("NullAway.Init")
    protected Rollback() {}

    public long orderNumber() {
        return orderNumber;
    }

    /** The generation that began. */
    public long generation() {
        return generation;
    }

    public long epoch() {
        return epoch;
    }

    public long samples() {
        return samples;
    }

    public String stateDigest() {
        return stateDigest;
    }

    public Instant orderedAt() {
        return orderedAt;
    }
}
