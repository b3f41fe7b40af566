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
import org.starling.auth.run.Office;

/** For moderators: who asks to join, and the answers. */
@Page
@RequestMapping("/runs/{organisation}/{name}/requests")
class RequestsPage {

    private final Admissions admissions;
    private final InstantSource clock;

    RequestsPage(Admissions admissions, InstantSource clock) {
        this.admissions = admissions;
        this.clock = clock;
    }

    /** @param asked how long ago */
    record Row(JoinRequest request, String asked, PersonView person) {}

    @GetMapping
    String show(@As(Office.MODERATOR) OfficialVisit visit, Model model) {
        model.addAttribute("waiting", rows(visit, State.PENDING));
        model.addAttribute("refused", rows(visit, State.REFUSED));
        return "requests";
    }

    private List<Row> rows(OfficialVisit visit, State state) {
        return admissions.list(visit.run(), visit.visitor(), state).stream()
                .map(request -> new Row(
                        request,
                        Ago.of(request.requestedAt(), clock.instant()),
                        PersonView.of(request.account(), clock.instant())))
                .toList();
    }

    @PostMapping("/{id}/approve")
    @Form(on = "/runs/{organisation}/{name}/requests")
    String approve(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id, RedirectAttributes next) {
        JoinRequest request = admissions.approve(visit.run(), id, visit.visitor());
        next.addFlashAttribute("done", request.account().name() + " may take part.");
        return back(visit);
    }

    @PostMapping("/{id}/refuse")
    @Form(on = "/runs/{organisation}/{name}/requests")
    String refuse(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("id") long id,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        JoinRequest request = admissions.refuse(visit.run(), id, visit.visitor(), reason);
        next.addFlashAttribute("done", request.account().name() + " was refused, and can read why.");
        return back(visit);
    }

    private static String back(OfficialVisit visit) {
        return "redirect:/runs/" + visit.run().name() + "/requests";
    }
}
