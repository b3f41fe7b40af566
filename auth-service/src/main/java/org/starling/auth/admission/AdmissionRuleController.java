package org.starling.auth.admission;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** For moderators: rules that admit members of an organization. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/admission-rules")
class AdmissionRuleController {

    private final AdmissionRules rules;
    private final Accounts accounts;
    private final Runs runs;

    AdmissionRuleController(AdmissionRules rules, Accounts accounts, Runs runs) {
        this.rules = rules;
        this.accounts = accounts;
        this.runs = runs;
    }

    record RuleView(long id, String organization, String minimumRole, String madeBy, Instant madeAt) {
        static RuleView of(AdmissionRule rule) {
            return new RuleView(
                    rule.id(),
                    rule.organization(),
                    rule.minimumRole().toString(),
                    rule.madeBy().name(),
                    rule.madeAt());
        }
    }

    /**
     * A rule to make.
     *
     * @param minimumRole {@code read}, {@code contributor}, {@code write} or {@code admin}
     */
    record NewRule(@Nullable String organization, @Nullable String minimumRole) {}

    @GetMapping
    List<RuleView> list(
            @PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        return rules.list(run, accounts.of(person)).stream().map(RuleView::of).toList();
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    RuleView make(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestBody NewRule rule,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return RuleView.of(rules.make(run, accounts.of(person), rule.organization(), rule.minimumRole()));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void remove(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            HubAccount person) {
        rules.remove(runs.require(organisation, name), id, accounts.of(person));
    }
}
