package org.starling.auth.audit;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One deed. */
@Entity
class AuditEvent {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private Instant at;
    private @Nullable String run;
    private String actor;
    private String action;
    private String subject;
    private String detail;

    @SuppressWarnings("NullAway") // filled by JPA
    protected AuditEvent() {}

    AuditEvent(Instant at, @Nullable String run, String actor, String action, String subject, String detail) {
        this.at = at;
        this.run = run;
        this.actor = actor;
        this.action = action;
        this.subject = subject;
        this.detail = detail;
    }

    long id() {
        return id;
    }

    Instant at() {
        return at;
    }

    /** {@code organisation/name} of the run that the deed was about, or null. */
    @Nullable String run() {
        return run;
    }

    String actor() {
        return actor;
    }

    String action() {
        return action;
    }

    String subject() {
        return subject;
    }

    String detail() {
        return detail;
    }
}
