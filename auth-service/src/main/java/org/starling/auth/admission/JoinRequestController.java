package org.starling.auth.admission;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Arrays;
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
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** Requests to join over HTTP. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/join-requests")
class JoinRequestController {

    private final Admissions admissions;
    private final Accounts accounts;
    private final Runs runs;

    JoinRequestController(Admissions admissions, Accounts accounts, Runs runs) {
        this.admissions = admissions;
        this.accounts = accounts;
        this.runs = runs;
    }

    /** A request as JSON shows it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record View(
            @Nullable Long id,
            String run,
            String account,
            String state,
            @Nullable String reason,
            @Nullable Instant since,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy) {

        static View of(Run run, JoinRequest request) {
            Account moderator = request.decidedBy();
            return new View(
                    request.id(),
                    run.name(),
                    request.account().name(),
                    request.state().name().toLowerCase(Locale.ROOT),
                    request.reason(),
                    request.requestedAt(),
                    request.decidedAt(),
                    moderator == null ? null : moderator.name());
        }
    }

    @PostMapping
    ResponseEntity<View> ask(
            @PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        JoinRequest request = admissions.ask(run, accounts.of(person));
        return ResponseEntity.status(request.state() == State.PENDING ? HttpStatus.ACCEPTED : HttpStatus.OK)
                .body(View.of(run, request));
    }

    @GetMapping("/me")
    View mine(@PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        return admissions
                .find(run, accounts.of(person))
                .map(request -> View.of(run, request))
                .orElseGet(() -> new View(null, run.name(), person.name(), "none", null, null, null, null));
    }

    @GetMapping
    List<View> list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "state", required = false) @Nullable String state,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return admissions.list(run, accounts.of(person), state == null ? null : state(state)).stream()
                .map(request -> View.of(run, request))
                .toList();
    }

    @PostMapping("/{id}/approve")
    View approve(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return View.of(run, admissions.approve(run, id, accounts.of(person)));
    }

    record Refusal(@Nullable String reason) {}

    @PostMapping("/{id}/refuse")
    View refuse(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            @RequestBody Refusal refusal,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return View.of(run, admissions.refuse(run, id, accounts.of(person), refusal.reason()));
    }

    private static State state(String text) {
        return Arrays.stream(State.values())
                .filter(each -> each.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(
                        () -> Problem.badRequest("state must be pending, approved or refused, not '" + text + "'"));
    }
}
