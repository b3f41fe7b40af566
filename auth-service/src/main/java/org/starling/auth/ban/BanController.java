package org.starling.auth.ban;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.order.OrderIssuer;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.identity.PeerId;

/** For moderators: bans over HTTP. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/bans")
class BanController {

    private final Bans bans;
    private final OrderIssuer orders;
    private final Accounts accounts;
    private final Runs runs;

    BanController(Bans bans, OrderIssuer orders, Accounts accounts, Runs runs) {
        this.bans = bans;
        this.orders = orders;
        this.accounts = accounts;
        this.runs = runs;
    }

    /**
     * A ban as JSON shows it.
     *
     * @param account name of the banned account, with {@code accountId}, or else {@code peer} is there
     * @param order the signed order, in base64, to be handed to any peer; absent in lists
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record BanView(
            long id,
            @Nullable String account,
            @Nullable String accountId,
            @Nullable String peer,
            String reason,
            String bannedBy,
            Instant bannedAt,
            boolean inForce,
            @Nullable String liftedBy,
            @Nullable Instant liftedAt,
            @Nullable String liftReason,
            long orderNumber,
            byte @Nullable [] order) {

        static BanView of(Ban ban, byte @Nullable [] order) {
            Account account = ban.account();
            Account liftedBy = ban.liftedBy();
            return new BanView(
                    ban.id(),
                    account == null ? null : account.name(),
                    account == null ? null : account.hubId(),
                    ban.peer(),
                    ban.reason(),
                    ban.bannedBy().name(),
                    ban.bannedAt(),
                    ban.isInForce(),
                    liftedBy == null ? null : liftedBy.name(),
                    ban.liftedAt(),
                    ban.liftReason(),
                    ban.newestOrder(),
                    order);
        }
    }

    /**
     * A ban to make: either of an account, by name or hub id, or of a peer.
     *
     * @param peer 64 hexadecimal digits
     * @param reason for people; the swarm will read it
     */
    record NewBan(
            @Nullable String account,
            @Nullable String peer,
            @Nullable String reason) {}

    /** @param reason for people; the swarm will read it */
    record Lift(@Nullable String reason) {}

    /** The newest first. */
    @GetMapping
    ResponseEntity<List<BanView>> list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return Excerpts.answer(bans.list(run, accounts.of(person), new Wanted(after, before, limit))
                .map(ban -> BanView.of(ban, null)));
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    BanView ban(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestBody NewBan wanted,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        Account moderator = accounts.of(person);
        runs.requireOffice(run, moderator, Office.MODERATOR);
        if ((wanted.account() == null) == (wanted.peer() == null)) {
            throw Problem.badRequest("Say either which account or which peer to ban");
        }
        return withOrder(
                run,
                wanted.account() != null
                        ? bans.ban(run, moderator, accounts.require(wanted.account()), wanted.reason())
                        : bans.ban(run, moderator, PeerId.parse(String.valueOf(wanted.peer())), wanted.reason()));
    }

    @PostMapping("/{id}/lift")
    BanView lift(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            @RequestBody Lift lift,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return withOrder(run, bans.lift(run, id, accounts.of(person), lift.reason()));
    }

    private BanView withOrder(Run run, Ban ban) {
        return BanView.of(ban, orders.require(run, ban.newestOrder()).message());
    }
}
