package org.starling.auth.audit;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import java.time.Instant;

/** One deed. */
@Entity
class AuditEvent {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private Instant at;
    private String actor;
    private String action;
    private String subject;
    private String detail;

    @SuppressWarnings("NullAway") // filled by JPA
    protected AuditEvent() {}

    AuditEvent(Instant at, String actor, String action, String subject, String detail) {
        this.at = at;
        this.actor = actor;
        this.action = action;
        this.subject = subject;
        this.detail = detail;
    }
}
