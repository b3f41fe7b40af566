package org.starling.auth.ban;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;
import org.starling.auth.order.IssuedOrder;
import org.starling.auth.run.Run;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.orders.Order;

/** An account, or one peer key, is shut out of a run; in force until it is lifted. */
@Entity
public class Ban {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    @ManyToOne
    @JoinColumn(name = "run_id")
    private Run run;

    @ManyToOne
    @JoinColumn(name = "account_id")
    private @Nullable Account account;

    private @Nullable String peer;
    private String reason;

    @ManyToOne
    @JoinColumn(name = "banned_by")
    private Account bannedBy;

    private Instant bannedAt;
    private long banOrder;

    @ManyToOne
    @JoinColumn(name = "lifted_by")
    private @Nullable Account liftedBy;

    private @Nullable Instant liftedAt;
    private @Nullable String liftReason;
    private @Nullable Long liftOrder;

    @SuppressWarnings("NullAway") // filled by JPA
    protected Ban() {}

    /** @param account or peer, whichever is not null, is banned */
    Ban(Run run, @Nullable Account account, @Nullable PeerId peer, String reason, IssuedOrder order) {
        this.run = run;
        this.account = account;
        this.peer = peer == null ? null : peer.toString();
        this.reason = reason;
        this.bannedBy = order.issuedBy();
        this.bannedAt = order.issuedAt();
        this.banOrder = order.number();
    }

    void lift(String why, IssuedOrder order) {
        liftedBy = order.issuedBy();
        liftedAt = order.issuedAt();
        liftReason = why;
        liftOrder = order.number();
    }

    /** Whom the orders about it name. */
    Order.Subject subject() {
        return account != null
                ? new Order.Subject.Account(account.hubId())
                : new Order.Subject.Peer(PeerId.parse(String.valueOf(peer)));
    }

    public long id() {
        return id;
    }

    /** The banned account, or null if only a peer key is banned. */
    public @Nullable Account account() {
        return account;
    }

    /** The banned peer, or null if a whole account is banned. */
    public @Nullable String peer() {
        return peer;
    }

    public String reason() {
        return reason;
    }

    public Account bannedBy() {
        return bannedBy;
    }

    public Instant bannedAt() {
        return bannedAt;
    }

    /** Number of the newest order about it. */
    long newestOrder() {
        return liftOrder == null ? banOrder : liftOrder;
    }

    public boolean isInForce() {
        return liftedAt == null;
    }

    public @Nullable Account liftedBy() {
        return liftedBy;
    }

    public @Nullable Instant liftedAt() {
        return liftedAt;
    }

    public @Nullable String liftReason() {
        return liftReason;
    }

    /** For the audit log. */
    @Override
    public String toString() {
        return account != null ? account.toString() : "peer " + peer;
    }
}
