package org.starling.auth.page;

import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;

/** For moderators: who asks to join, and the answers. */
@Page
@RequestMapping("/runs/{organisation}/{name}/requests")
class RequestsPage {

    private static final Map<State, String> TITLES =
            new EnumMap<>(Map.of(State.PENDING, "Waiting", State.APPROVED, "Approved", State.REFUSED, "Refused"));

    private final Admissions admissions;
    private final InstantSource clock;

    RequestsPage(Admissions admissions, InstantSource clock) {
        this.admissions = admissions;
        this.clock = clock;
    }

    /** @param asked how long ago */
    record Row(JoinRequest request, String asked, PersonView person) {}

    /** @param count how many there are */
    record Tab(String state, String title, long count) {}

    @GetMapping
    String show(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "state", defaultValue = "pending") String state,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            Model model) {
        State shown = State.of(state);
        Excerpt<JoinRequest> requests = admissions.list(visit.run(), visit.visitor(), shown, Pager.part(after, before));
        Instant now = clock.instant();
        model.addAttribute(
                "requests",
                requests.map(request -> new Row(
                                request, Ago.of(request.requestedAt(), now), PersonView.of(request.account(), now)))
                        .items());
        model.addAttribute("state", state(shown));
        model.addAttribute(
                "states",
                TITLES.entrySet().stream()
                        .map(each -> new Tab(
                                state(each.getKey()), each.getValue(), admissions.count(visit.run(), each.getKey())))
                        .toList());
        model.addAttribute(
                "pager",
                Pager.of(
                        requests,
                        UriComponentsBuilder.fromPath(visit.page("requests")).queryParam("state", state(shown))));
        return "requests";
    }

    private static String state(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    @PostMapping("/{id}/approve")
    @Form(on = "/runs/{organisation}/{name}/requests")
    String approve(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("id") long id,
            @RequestParam(name = "state", defaultValue = "pending") String state,
            RedirectAttributes next) {
        JoinRequest request = admissions.approve(visit.run(), id, visit.visitor());
        next.addFlashAttribute("done", request.account().name() + " may take part.");
        return back(visit, state);
    }

    @PostMapping("/{id}/refuse")
    @Form(on = "/runs/{organisation}/{name}/requests")
    String refuse(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("id") long id,
            @RequestParam(name = "state", defaultValue = "pending") String state,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        JoinRequest request = admissions.refuse(visit.run(), id, visit.visitor(), reason);
        next.addFlashAttribute("done", request.account().name() + " was refused, and can read why.");
        return back(visit, state);
    }

    private static String back(OfficialVisit visit, String state) {
        return "redirect:" + visit.page("requests?state=" + state(State.of(state)));
    }
}
