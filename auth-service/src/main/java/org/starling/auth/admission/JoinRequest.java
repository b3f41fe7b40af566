package org.starling.auth.admission;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** An account's request to take part in a run; there is one for each, whose state changes. */
@Entity
public class JoinRequest {

    /** What became of it. */
    public enum State {
        PENDING,
        APPROVED,
        REFUSED;

        /** A problem 400 for another word than {@code pending}, {@code approved} or {@code refused}. */
        public static State of(String text) {
            return Arrays.stream(values())
                    .filter(each -> each.name().equalsIgnoreCase(text))
                    .findFirst()
                    .orElseThrow(() ->
                            Problem.invalid("state", "state must be pending, approved or refused, not '" + text + "'"));
        }
    }

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    @ManyToOne(fetch = FetchType.LAZY)
    @JoinColumn(name = "run_id")
    private Run run;

    @ManyToOne
    @JoinColumn(name = "account_id")
    private Account account;

    @Enumerated(EnumType.STRING)
    private State state;

    private @Nullable String reason;
    private Instant requestedAt;
    private @Nullable Instant decidedAt;

    @ManyToOne
    @JoinColumn(name = "decided_by")
    private @Nullable Account decidedBy;

    private @Nullable String ruleOrganization;

    @Enumerated(EnumType.STRING)
    private @Nullable OrganizationRole ruleMinimumRole;

    @Version
    private int version;

    @SuppressWarnings("NullAway") // filled by JPA
    protected JoinRequest() {}

    void decide(State decision, @Nullable String why, @Nullable Account moderator, @Nullable Instant now) {
        state = decision;
        reason = why;
        decidedBy = moderator;
        decidedAt = now;
        ruleOrganization = null;
        ruleMinimumRole = null;
    }

    /** Approves it by a rule of the moderators. */
    void admit(MembershipCondition met, Instant now) {
        decide(State.APPROVED, null, null, now);
        ruleOrganization = met.organization();
        ruleMinimumRole = met.minimumRole();
    }

    /** Takes the decision back: somebody has to decide again. */
    void reopen() {
        decide(State.PENDING, null, null, null);
    }

    public long id() {
        return id;
    }

    public Run run() {
        return run;
    }

    public Account account() {
        return account;
    }

    public State state() {
        return state;
    }

    /** Why it was refused, or null. */
    public @Nullable String reason() {
        return reason;
    }

    public Instant requestedAt() {
        return requestedAt;
    }

    public @Nullable Instant decidedAt() {
        return decidedAt;
    }

    /** What the rule demanded that admitted the person; empty if no rule did. */
    public Optional<MembershipCondition> rule() {
        return ruleOrganization == null || ruleMinimumRole == null
                ? Optional.empty()
                : Optional.of(new MembershipCondition(ruleOrganization, ruleMinimumRole));
    }

    /** The moderator, or null when nobody decided, or a rule or the run's settings did. */
    public @Nullable Account decidedBy() {
        return decidedBy;
    }
}
