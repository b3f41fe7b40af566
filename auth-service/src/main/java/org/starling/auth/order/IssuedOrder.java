package org.starling.auth.order;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** A signed order. {@code generation} is the one in force after it. */
@Entity
public class IssuedOrder {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    @ManyToOne
    @JoinColumn(name = "run_id")
    private Run run;

    private long number;
    private String type;
    private long generation;
    private byte[] message;

    @ManyToOne
    @JoinColumn(name = "issued_by")
    private Account issuedBy;

    private Instant issuedAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected IssuedOrder() {}

    IssuedOrder(
            Run run, long number, String type, long generation, byte[] message, Account issuedBy, Instant issuedAt) {
        this.run = run;
        this.number = number;
        this.type = type;
        this.generation = generation;
        this.message = message;
        this.issuedBy = issuedBy;
        this.issuedAt = issuedAt;
    }

    Run run() {
        return run;
    }

    public long number() {
        return number;
    }

    public String type() {
        return type;
    }

    public long generation() {
        return generation;
    }

    /** The signed order as it spreads in the swarm. */
    public byte[] message() {
        return message.clone();
    }

    public Account issuedBy() {
        return issuedBy;
    }

    public Instant issuedAt() {
        return issuedAt;
    }
}
