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
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;

/** For moderators: rules that admit members of an organization. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/admission-rules")
class AdmissionRuleController {

    private final AdmissionRules rules;

    AdmissionRuleController(AdmissionRules rules) {
        this.rules = rules;
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
    List<RuleView> list(@As(Office.MODERATOR) OfficialVisit visit) {
        return rules.list(visit.run(), visit.visitor()).stream()
                .map(RuleView::of)
                .toList();
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    RuleView make(@As(Office.MODERATOR) OfficialVisit visit, @RequestBody NewRule rule) {
        return RuleView.of(rules.make(visit.run(), visit.visitor(), rule.organization(), rule.minimumRole()));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void remove(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id) {
        rules.remove(visit.run(), id, visit.visitor());
    }
}
