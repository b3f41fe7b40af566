package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.admission.AdmissionRules;
import org.starling.auth.admission.OrganizationRole;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;

/** For moderators: organisations whose members need not wait. */
@Page
@RequestMapping("/runs/{organisation}/{name}/rules")
class RulesPage {

    private final AdmissionRules rules;

    RulesPage(AdmissionRules rules) {
        this.rules = rules;
    }

    @GetMapping
    String list(@As(Office.MODERATOR) OfficialVisit visit, Model model) {
        model.addAttribute("rules", rules.list(visit.run(), visit.visitor()));
        model.addAttribute("roles", OrganizationRole.values());
        return "rules";
    }

    @PostMapping
    @Form(on = "/runs/{organisation}/{name}/rules")
    String make(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "organization", required = false) @Nullable String wanted,
            @RequestParam(name = "minimumRole", required = false) @Nullable String minimumRole,
            RedirectAttributes next) {
        rules.make(visit.run(), visit.visitor(), wanted == null ? null : wanted.strip(), minimumRole);
        next.addFlashAttribute("done", "Members of " + wanted + " need not wait any more.");
        return "redirect:" + visit.page("rules");
    }

    @PostMapping("/{id}/remove")
    @Form(on = "/runs/{organisation}/{name}/rules")
    String remove(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id, RedirectAttributes next) {
        rules.remove(visit.run(), id, visit.visitor());
        next.addFlashAttribute("done", "The rule is gone. Whom it admitted stays.");
        return "redirect:" + visit.page("rules");
    }
}
