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
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Office;

/** For moderators: organisations whose members need not wait. */
@Page
@RequestMapping("/runs/{organisation}/{name}/rules")
class RulesPage {

    private final Visits visits;
    private final AdmissionRules rules;

    RulesPage(Visits visits, AdmissionRules rules) {
        this.visits = visits;
        this.rules = rules;
    }

    @GetMapping
    String list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            HubAccount person,
            Model model) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        model.addAttribute("rules", rules.list(visit.run(), visit.visitor()));
        model.addAttribute("roles", OrganizationRole.values());
        return "rules";
    }

    @PostMapping
    String make(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "organization", required = false) @Nullable String wanted,
            @RequestParam(name = "minimumRole", required = false) @Nullable String minimumRole,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        rules.make(visit.run(), visit.visitor(), wanted == null ? null : wanted.strip(), minimumRole);
        next.addFlashAttribute("done", "Members of " + wanted + " need not wait any more.");
        return "redirect:/runs/" + visit.run().name() + "/rules";
    }

    @PostMapping("/{id}/remove")
    String remove(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        rules.remove(visit.run(), id, visit.visitor());
        next.addFlashAttribute("done", "The rule is gone. Whom it admitted stays.");
        return "redirect:/runs/" + visit.run().name() + "/rules";
    }
}
