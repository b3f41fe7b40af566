package org.starling.auth.audit;

import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Writes down what people did. */
@Service
public class AuditLog {

    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

    private final AuditEventRepository events;
    private final InstantSource clock;

    AuditLog(AuditEventRepository events, InstantSource clock) {
        this.events = events;
        this.clock = clock;
    }

    /**
     * Writes a deed down in the transaction that does it.
     *
     * @param actor account name and hub id of who did it
     * @param action what, such as {@code join.approve}
     * @param subject to whom or what
     * @param detail more, may be empty
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void record(String actor, String action, String subject, String detail) {
        events.save(new AuditEvent(clock.instant(), actor, action, subject, detail));
        log.info("{} {} {} {}", actor, action, subject, detail);
    }
}
