package org.starling.auth.admission;

import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.Reason;
import org.starling.auth.account.Account;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** Takes requests to join and the moderators' answers to them. */
@Service
public class Admissions {

    private final JoinRequestRepository requests;
    private final AdmissionRules rules;
    private final Runs runs;
    private final AuditLog audit;
    private final InstantSource clock;

    Admissions(JoinRequestRepository requests, AdmissionRules rules, Runs runs, AuditLog audit, InstantSource clock) {
        this.requests = requests;
        this.rules = rules;
        this.runs = runs;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * The account's request, made now if there was none. Whoever holds an office in the run was chosen by those who
     * configured it and waits for nobody; neither does whom a rule of the moderators admits.
     */
    @Transactional
    public JoinRequest ask(Run run, Account account) {
        Optional<JoinRequest> known = find(run, account);
        boolean isNew = known.isEmpty() && requests.insertIfAbsent(run.id(), account.id(), clock.instant()) == 1;
        JoinRequest request = known.or(() -> find(run, account)).orElseThrow();
        if (isNew) {
            audit.recordIn(run.name(), account.toString(), "join.ask", account.toString(), "");
        }
        rules.review(request);
        if (request.state() == State.PENDING && run.hasAnyOffice(account)) {
            request.decide(State.APPROVED, null, null, clock.instant());
            audit.recordIn(
                    run.name(), account.toString(), "join.approve", account.toString(), "holds an office in the run");
        }
        if (request.state() == State.PENDING) {
            rules.apply(request);
        }
        return request;
    }

    /** Whether the account has to log in at the hub again before it may go on: a rule admitted it, some time ago. */
    public boolean isUnconfirmed(JoinRequest request) {
        return rules.isUnconfirmed(request);
    }

    /** The account's request, if it made one. */
    @Transactional(readOnly = true)
    public Optional<JoinRequest> find(Run run, Account account) {
        return requests.findByRunIdAndAccountId(run.id(), account.id());
    }

    /** Requests in the order in which they came; of all states when the state is null. */
    @Transactional(readOnly = true)
    public Excerpt<JoinRequest> list(Run run, Account moderator, @Nullable State state, Wanted wanted) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        return Excerpt.rising(
                wanted,
                (id, limit) -> requests.findAfter(run.id(), state, id, Limit.of(limit)),
                (id, limit) -> requests.findBefore(run.id(), state, id, Limit.of(limit)),
                JoinRequest::id);
    }

    /** How many accounts may take part. */
    @Transactional(readOnly = true)
    public long countApproved(Run run) {
        return count(run, State.APPROVED);
    }

    @Transactional(readOnly = true)
    public long count(Run run, State state) {
        return requests.countByRunIdAndState(run.id(), state);
    }

    @Transactional
    public JoinRequest approve(Run run, long id, Account moderator) {
        return decide(run, id, moderator, State.APPROVED, null);
    }

    /** Refuses, or takes an approval back; tokens that were issued live until they expire. */
    @Transactional
    public JoinRequest refuse(Run run, long id, Account moderator, @Nullable String reason) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        return decide(run, id, moderator, State.REFUSED, Reason.require(reason, "the person"));
    }

    private JoinRequest decide(Run run, long id, Account moderator, State decision, @Nullable String reason) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        JoinRequest request = requests.findByIdAndRunId(id, run.id())
                .orElseThrow(() -> Problem.notFound("There is no request " + id + " to join " + run.name()));
        if (request.state() != decision) {
            request.decide(decision, reason, moderator, clock.instant());
            audit.recordIn(
                    run.name(),
                    moderator.toString(),
                    decision == State.APPROVED ? "join.approve" : "join.refuse",
                    request.account().toString(),
                    reason == null ? "" : reason);
        }
        return request;
    }
}
