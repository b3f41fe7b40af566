package org.starling.auth.admission;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Account;
import org.starling.auth.account.Person;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.ban.Ban;
import org.starling.auth.ban.Bans;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.auth.visit.PersonalVisit;

/** Requests to join over HTTP. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/join-requests")
class JoinRequestController {

    private final Admissions admissions;
    private final Bans bans;

    JoinRequestController(Admissions admissions, Bans bans) {
        this.admissions = admissions;
        this.bans = bans;
    }

    /**
     * A request as JSON shows it.
     *
     * @param person what is known of the account; for moderators only
     * @param rule the rule that admitted the account
     * @param banned why the account is banned, whatever became of the request
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record View(
            @Nullable Long id,
            String run,
            String account,
            @Nullable Person person,
            String state,
            @Nullable String reason,
            @Nullable Instant since,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy,
            @Nullable String rule,
            @Nullable String banned) {

        static View forModerators(Run run, JoinRequest request) {
            return of(run, request, Person.of(request.account()), null);
        }

        static View of(Run run, JoinRequest request, @Nullable Person person, @Nullable String banned) {
            Account moderator = request.decidedBy();
            return new View(
                    request.id(),
                    run.name(),
                    request.account().name(),
                    person,
                    request.state().name().toLowerCase(Locale.ROOT),
                    request.reason(),
                    request.requestedAt(),
                    request.decidedAt(),
                    moderator == null ? null : moderator.name(),
                    request.rule().map(MembershipCondition::toString).orElse(null),
                    banned);
        }
    }

    @PostMapping
    ResponseEntity<View> ask(PersonalVisit visit) {
        JoinRequest request = admissions.ask(visit.run(), visit.visitor());
        return ResponseEntity.status(request.state() == State.PENDING ? HttpStatus.ACCEPTED : HttpStatus.OK)
                .body(View.of(visit.run(), request, null, banOf(visit.run(), visit.visitor())));
    }

    @GetMapping("/me")
    View mine(PersonalVisit visit) {
        String ban = banOf(visit.run(), visit.visitor());
        return admissions
                .find(visit.run(), visit.visitor())
                .map(request -> View.of(visit.run(), request, null, ban))
                .orElseGet(() -> new View(
                        null,
                        visit.run().name(),
                        visit.visitor().name(),
                        null,
                        "none",
                        null,
                        null,
                        null,
                        null,
                        null,
                        ban));
    }

    private @Nullable String banOf(Run run, Account account) {
        return bans.find(run, account).map(Ban::reason).orElse(null);
    }

    /** In the order in which they came. */
    @GetMapping
    ResponseEntity<List<View>> list(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "state", required = false) @Nullable String state,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit) {
        return Excerpts.answer(admissions
                .list(
                        visit.run(),
                        visit.visitor(),
                        state == null ? null : State.of(state),
                        new Wanted(after, before, limit))
                .map(request -> View.forModerators(visit.run(), request)));
    }

    @PostMapping("/{id}/approve")
    View approve(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id) {
        return View.forModerators(visit.run(), admissions.approve(visit.run(), id, visit.visitor()));
    }

    record Refusal(@Nullable String reason) {}

    @PostMapping("/{id}/refuse")
    View refuse(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id, @RequestBody Refusal refusal) {
        return View.forModerators(visit.run(), admissions.refuse(visit.run(), id, visit.visitor(), refusal.reason()));
    }
}
