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
import org.starling.auth.order.OrderIssuer;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.swarm.identity.PeerId;

/** For moderators: bans over HTTP. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/bans")
class BanController {

    private final Bans bans;
    private final OrderIssuer orders;
    private final Accounts accounts;

    BanController(Bans bans, OrderIssuer orders, Accounts accounts) {
        this.bans = bans;
        this.orders = orders;
        this.accounts = accounts;
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
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit) {
        return Excerpts.answer(bans.list(visit.run(), visit.visitor(), new Wanted(after, before, limit))
                .map(ban -> BanView.of(ban, null)));
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    BanView ban(@As(Office.MODERATOR) OfficialVisit visit, @RequestBody NewBan wanted) {
        if ((wanted.account() == null) == (wanted.peer() == null)) {
            throw Problem.badRequest("Say either which account or which peer to ban");
        }
        return withOrder(
                visit.run(),
                wanted.account() != null
                        ? bans.ban(visit.run(), visit.visitor(), accounts.require(wanted.account()), wanted.reason())
                        : bans.ban(
                                visit.run(),
                                visit.visitor(),
                                PeerId.parse(String.valueOf(wanted.peer())),
                                wanted.reason()));
    }

    @PostMapping("/{id}/lift")
    BanView lift(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("id") long id, @RequestBody Lift lift) {
        return withOrder(visit.run(), bans.lift(visit.run(), id, visit.visitor(), lift.reason()));
    }

    private BanView withOrder(Run run, Ban ban) {
        return BanView.of(ban, orders.require(run, ban.newestOrder()).message());
    }
}
