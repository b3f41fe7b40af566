package org.starling.auth.admission;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.AuthProperties;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/**
 * Rules that admit members of an organization. A rule decides about who waits; a moderator's refusal stands. Who was admitted by a
 * rule stays so when the rule goes, and as long as the hub says of them what it demanded: a word of the hub counts for some time,
 * and nobody but the person can have it renewed.
 */
@Service
public class AdmissionRules {

    private static final Pattern ORGANIZATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}");
    private static final int MAX_DECIDED_AT_ONCE = 1000;

    private final AdmissionRuleRepository rules;
    private final JoinRequestRepository requests;
    private final Runs runs;
    private final AuditLog audit;
    private final Duration membershipLifetime;
    private final InstantSource clock;

    AdmissionRules(
            AdmissionRuleRepository rules,
            JoinRequestRepository requests,
            Runs runs,
            AuditLog audit,
            AuthProperties properties,
            InstantSource clock) {
        this.rules = rules;
        this.requests = requests;
        this.runs = runs;
        this.audit = audit;
        this.membershipLifetime = properties.membershipLifetime();
        this.clock = clock;
    }

    /** Approves a request that waits, if a rule of the run admits the account. Needs a transaction. */
    void apply(JoinRequest request) {
        if (!isToldLately(request.account())) {
            return;
        }
        Optional<AdmissionRule> rule = rules
                .findByRunIdOrderByOrganization(request.run().id())
                .stream()
                .filter(each -> each.condition().isMetBy(request.account()))
                .findFirst();
        rule.ifPresent(admitting -> {
            request.admit(admitting.condition(), clock.instant());
            audit.recordIn(
                    request.run().name(),
                    "rule of " + admitting.madeBy(),
                    "join.approve",
                    request.account().toString(),
                    admitting.toString());
        });
    }

    /**
     * Takes the approval of somebody back whom a rule has admitted and of whom the hub now says otherwise. They wait for a moderator
     * then, or for another rule. Needs a transaction.
     */
    void review(JoinRequest request) {
        Optional<MembershipCondition> demanded = request.rule();
        if (demanded.isPresent()
                && isToldLately(request.account())
                && !demanded.get().isMetBy(request.account())) {
            request.reopen();
            audit.recordIn(
                    request.run().name(),
                    "rule",
                    "join.reopen",
                    request.account().toString(),
                    "no " + demanded.get() + " any more");
        }
    }

    /** Whether the hub has to be asked again whether a request's person is a member still, before they may go on. */
    boolean isUnconfirmed(JoinRequest request) {
        return request.rule().isPresent() && !isToldLately(request.account());
    }

    private boolean isToldLately(Account account) {
        Instant told = account.organizationsAt();
        return told != null && clock.instant().isBefore(told.plus(membershipLifetime));
    }

    @Transactional(readOnly = true)
    public List<AdmissionRule> list(Run run, Account moderator) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        return rules.findByRunIdOrderByOrganization(run.id());
    }

    /** Makes a rule, in place of the one about the same organization if there is one, and applies it to those who wait. */
    @Transactional
    public AdmissionRule make(Run run, Account moderator, @Nullable String organization, @Nullable String minimumRole) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        if (organization == null || !ORGANIZATION.matcher(organization).matches()) {
            throw Problem.invalid("organization", "organization must be the name of an organization at the hub");
        }
        OrganizationRole role = OrganizationRole.of(minimumRole == null ? "" : minimumRole)
                .orElseThrow(() -> Problem.invalid(
                        "minimumRole",
                        "minimumRole must be read, contributor, write or admin, not '" + minimumRole + "'"));
        runs.lock(run);
        rules.findByRunIdOrderByOrganization(run.id()).stream()
                .filter(each -> each.organization().equalsIgnoreCase(organization))
                .forEach(rules::delete);
        rules.flush();
        AdmissionRule rule = rules.save(new AdmissionRule(run, organization, role, moderator, clock.instant()));
        audit.recordIn(run.name(), moderator.toString(), "rule.make", run.name(), rule.toString());
        requests.findByRunIdAndStateOrderByRequestedAt(run.id(), State.PENDING, Limit.of(MAX_DECIDED_AT_ONCE))
                .forEach(this::apply);
        return rule;
    }

    @Transactional
    public void remove(Run run, long id, Account moderator) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        AdmissionRule rule = rules.findByIdAndRunId(id, run.id())
                .orElseThrow(() -> Problem.notFound("There is no admission rule " + id + " of " + run.name()));
        rules.delete(rule);
        audit.recordIn(run.name(), moderator.toString(), "rule.remove", run.name(), rule.toString());
    }
}
