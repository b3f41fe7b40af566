package org.starling.auth.audit;

import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Wanted;

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

    /** Writes down a deed that is about no run, in the transaction that does it. See {@link #recordIn}. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void record(String actor, String action, String subject, String detail) {
        write(null, actor, action, subject, detail);
    }

    /**
     * Writes a deed down in the transaction that does it.
     *
     * @param run {@code organisation/name}
     * @param actor account name and hub id of who did it
     * @param action what, such as {@code join.approve}
     * @param subject to whom or what
     * @param detail more, may be empty
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void recordIn(String run, String actor, String action, String subject, String detail) {
        write(run, actor, action, subject, detail);
    }

    private void write(@Nullable String run, String actor, String action, String subject, String detail) {
        events.save(new AuditEvent(clock.instant(), run, actor, action, subject, detail));
        log.info("{} {} {} {}", actor, action, subject, detail);
    }

    /** What was done in a run, or everything for null, the newest first. */
    @Transactional(readOnly = true)
    public Excerpt<Deed> read(@Nullable String run, Wanted wanted) {
        return Excerpt.falling(
                        wanted,
                        (id, limit) -> run == null
                                ? events.findByIdGreaterThanOrderById(id, Limit.of(limit))
                                : events.findByRunAndIdGreaterThanOrderById(run, id, Limit.of(limit)),
                        (id, limit) -> run == null
                                ? events.findByIdLessThanOrderByIdDesc(id, Limit.of(limit))
                                : events.findByRunAndIdLessThanOrderByIdDesc(run, id, Limit.of(limit)),
                        AuditEvent::id)
                .map(each -> new Deed(
                        each.id(), each.at(), each.run(), each.actor(), each.action(), each.subject(), each.detail()));
    }

    /**
     * Who did what.
     *
     * @param id grows with time
     * @param run that it was about, or null
     */
    public record Deed(
            long id, Instant at, @Nullable String run, String actor, String action, String subject, String detail) {}
}
