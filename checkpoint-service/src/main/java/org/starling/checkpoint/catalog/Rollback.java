package org.starling.checkpoint.catalog;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;
import org.springframework.data.domain.Persistable;
import org.starling.swarm.orders.Order;

/** An order that took the swarm back to a state. */
@Entity
public class Rollback implements Persistable<Long> {
    @Id
    private long orderNumber;

    private long generation;
    private long epoch;
    private long samples;

    private String stateDigest;

    private Instant orderedAt;

    @SuppressWarnings("NullAway.Init")
    protected Rollback() {}

    Rollback(Order.Rollback order) {
        this.orderNumber = order.number();
        this.generation = order.generation();
        this.epoch = order.state().epoch();
        this.samples = order.state().samples();
        this.stateDigest = order.state().digest().toString();
        this.orderedAt = order.issuedAt();
    }

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

    @Override
    public Long getId() {
        return orderNumber;
    }

    /** Orders never change: one is inserted or it is there already. */
    @Override
    public boolean isNew() {
        return true;
    }
}
