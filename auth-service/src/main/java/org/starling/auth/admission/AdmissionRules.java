package org.starling.auth.admission;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/**
 * Rules that admit members of an organization. A rule decides about who waits, once; a moderator's refusal stands, and who was
 * admitted stays so when the rule goes or the person leaves the organization.
 */
@Service
public class AdmissionRules {

    private static final Pattern ORGANIZATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}");
    private static final int MAX_DECIDED_AT_ONCE = 1000;

    private final AdmissionRuleRepository rules;
    private final JoinRequestRepository requests;
    private final Runs runs;
    private final AuditLog audit;
    private final InstantSource clock;

    AdmissionRules(
            AdmissionRuleRepository rules,
            JoinRequestRepository requests,
            Runs runs,
            AuditLog audit,
            InstantSource clock) {
        this.rules = rules;
        this.requests = requests;
        this.runs = runs;
        this.audit = audit;
        this.clock = clock;
    }

    /** Approves a request that waits, if a rule of the run admits the account. Needs a transaction. */
    void apply(JoinRequest request) {
        Optional<AdmissionRule> rule = rules
                .findByRunIdOrderByOrganization(request.run().id())
                .stream()
                .filter(each -> each.admits(request.account()))
                .findFirst();
        rule.ifPresent(admitting -> {
            request.admit(admitting.toString(), clock.instant());
            audit.recordIn(
                    request.run().name(),
                    "rule of " + admitting.madeBy(),
                    "join.approve",
                    request.account().toString(),
                    admitting.toString());
        });
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
