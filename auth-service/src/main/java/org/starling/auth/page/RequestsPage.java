package org.starling.auth.page;

import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Office;

/** For moderators: who asks to join, and the answers. */
@Page
@RequestMapping("/runs/{organisation}/{name}/requests")
class RequestsPage {

    private final Visits visits;
    private final Admissions admissions;
    private final InstantSource clock;

    RequestsPage(Visits visits, Admissions admissions, InstantSource clock) {
        this.visits = visits;
        this.admissions = admissions;
        this.clock = clock;
    }

    /** @param asked how long ago */
    record Row(JoinRequest request, String asked, PersonView person) {}

    @GetMapping
    String show(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            HubAccount person,
            Model model) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        model.addAttribute("waiting", rows(visit, State.PENDING));
        model.addAttribute("refused", rows(visit, State.REFUSED));
        return "requests";
    }

    private List<Row> rows(Visits.OfficialVisit visit, State state) {
        return admissions.list(visit.run(), visit.visitor(), state).stream()
                .map(request -> new Row(
                        request,
                        Ago.of(request.requestedAt(), clock.instant()),
                        PersonView.of(request.account(), clock.instant())))
                .toList();
    }

    @PostMapping("/{id}/approve")
    String approve(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        JoinRequest request = admissions.approve(visit.run(), id, visit.visitor());
        next.addFlashAttribute("done", request.account().name() + " may take part.");
        return back(visit);
    }

    @PostMapping("/{id}/refuse")
    String refuse(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        JoinRequest request = admissions.refuse(visit.run(), id, visit.visitor(), reason);
        next.addFlashAttribute("done", request.account().name() + " was refused, and can read why.");
        return back(visit);
    }

    private static String back(Visits.OfficialVisit visit) {
        return "redirect:/runs/" + visit.run().name() + "/requests";
    }
}
