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
import org.starling.auth.account.Accounts;
import org.starling.auth.account.Person;
import org.starling.auth.admission.JoinRequest.State;
import org.starling.auth.ban.Ban;
import org.starling.auth.ban.Bans;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** Requests to join over HTTP. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/join-requests")
class JoinRequestController {

    private final Admissions admissions;
    private final Accounts accounts;
    private final Bans bans;
    private final Runs runs;

    JoinRequestController(Admissions admissions, Accounts accounts, Bans bans, Runs runs) {
        this.admissions = admissions;
        this.bans = bans;
        this.accounts = accounts;
        this.runs = runs;
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
                    request.rule(),
                    banned);
        }
    }

    @PostMapping
    ResponseEntity<View> ask(
            @PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        Account account = accounts.of(person);
        JoinRequest request = admissions.ask(run, account);
        return ResponseEntity.status(request.state() == State.PENDING ? HttpStatus.ACCEPTED : HttpStatus.OK)
                .body(View.of(run, request, null, banOf(run, account)));
    }

    @GetMapping("/me")
    View mine(@PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        Account account = accounts.of(person);
        String ban = banOf(run, account);
        return admissions
                .find(run, account)
                .map(request -> View.of(run, request, null, ban))
                .orElseGet(() ->
                        new View(null, run.name(), person.name(), null, "none", null, null, null, null, null, ban));
    }

    private @Nullable String banOf(Run run, Account account) {
        return bans.find(run, account).map(Ban::reason).orElse(null);
    }

    /** In the order in which they came. */
    @GetMapping
    ResponseEntity<List<View>> list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "state", required = false) @Nullable String state,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return Excerpts.answer(admissions
                .list(
                        run,
                        accounts.of(person),
                        state == null ? null : State.of(state),
                        new Wanted(after, before, limit))
                .map(request -> View.forModerators(run, request)));
    }

    @PostMapping("/{id}/approve")
    View approve(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return View.forModerators(run, admissions.approve(run, id, accounts.of(person)));
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
        return View.forModerators(run, admissions.refuse(run, id, accounts.of(person), refusal.reason()));
    }
}
