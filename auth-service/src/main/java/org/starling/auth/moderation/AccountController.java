package org.starling.auth.moderation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.account.Person;
import org.starling.auth.companion.Contributions;
import org.starling.auth.companion.Contributions.Contribution;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.moderation.Participants.Key;
import org.starling.auth.moderation.Participants.Participant;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;

/** For moderators: the accounts of a run. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/accounts")
class AccountController {

    private final Participants participants;
    private final Contributions contributions;
    private final Accounts accounts;

    AccountController(Participants participants, Contributions contributions, Accounts accounts) {
        this.participants = participants;
        this.contributions = contributions;
        this.accounts = accounts;
    }

    /**
     * An account of a run.
     *
     * @param id the hub's, which does not change
     * @param state of its request to join
     * @param lastUse when a peer of it last got a token
     * @param contribution absent if no metrics service tells
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AccountView(
            String id,
            String name,
            String state,
            boolean banned,
            int keys,
            @Nullable Instant lastUse,
            @Nullable Contribution contribution) {

        static AccountView of(Participant participant, Map<String, Contribution> contributions) {
            return new AccountView(
                    participant.id(),
                    participant.name(),
                    participant.state(),
                    participant.banned(),
                    participant.keys(),
                    participant.lastUse(),
                    contributions.get(participant.id()));
        }
    }

    /** An account with all that is known of it. */
    record AccountDetails(AccountView account, Person person, List<Key> keys) {}

    /**
     * By name.
     *
     * @param beginning of their names
     */
    @GetMapping
    ResponseEntity<List<AccountView>> list(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "beginning", defaultValue = "") String beginning,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit) {
        Excerpt<Participant> part = participants.list(visit.run(), beginning, new Wanted(after, before, limit));
        Map<String, Contribution> known = contributions.of(
                visit.run(), part.items().stream().map(Participant::id).toList());
        return Excerpts.answer(part.map(each -> AccountView.of(each, known)));
    }

    /** @param account name or hub id */
    @GetMapping("/{account}")
    AccountDetails one(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("account") String account) {
        Account wanted = accounts.require(account);
        Participant participant = participants
                .find(visit.run(), wanted)
                .orElseThrow(() -> Problem.notFound(
                        wanted.name() + " never asked to join " + visit.run().name()));
        return new AccountDetails(
                AccountView.of(participant, contributions.of(visit.run(), List.of(participant.id()))),
                Person.of(wanted),
                participants.keys(visit.run(), wanted));
    }
}
