package org.starling.auth.ban;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.Reason;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.order.IssuedOrder;
import org.starling.auth.order.OrderIssuer;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.orders.Order;

/** Bans and lifts bans. What is written here decides about tokens; the order that goes with it decides in the swarm. */
@Service
public class Bans {

    private final BanRepository bans;
    private final OrderIssuer orders;
    private final Runs runs;
    private final AuditLog audit;

    Bans(BanRepository bans, OrderIssuer orders, Runs runs, AuditLog audit) {
        this.bans = bans;
        this.orders = orders;
        this.runs = runs;
        this.audit = audit;
    }

    /** Shuts an account out with all its peers, those to come included. Banning twice is banning once. */
    @Transactional
    public Ban ban(Run run, Account moderator, Account account, @Nullable String reason) {
        requireNoOffice(run, account);
        return ban(
                run,
                moderator,
                reason,
                () -> find(run, account),
                new Order.Subject.Account(account.hubId()),
                (why, order) -> new Ban(run, account, null, why, order));
    }

    /** Shuts one peer key out. Banning twice is banning once. */
    @Transactional
    public Ban ban(Run run, Account moderator, PeerId peer, @Nullable String reason) {
        bans.findOwner(peer.toString()).ifPresent(owner -> requireNoOffice(run, owner));
        return ban(
                run,
                moderator,
                reason,
                () -> find(run, peer),
                new Order.Subject.Peer(peer),
                (why, order) -> new Ban(run, null, peer, why, order));
    }

    private static void requireNoOffice(Run run, Account account) {
        if (run.hasAnyOffice(account)) {
            throw Problem.conflict(
                    account.name() + " holds an office in " + run.name() + "; an operator has to take it away first");
        }
    }

    private interface Maker {
        Ban make(String reason, IssuedOrder order);
    }

    private Ban ban(
            Run run,
            Account moderator,
            @Nullable String reason,
            Supplier<Optional<Ban>> inForce,
            Order.Subject subject,
            Maker maker) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        String why = Reason.require(reason, Reason.EVERYBODY);
        runs.lock(run);
        Optional<Ban> before = inForce.get();
        if (before.isPresent()) {
            return before.get();
        }
        IssuedOrder order =
                orders.give(run, moderator, next -> new Order.Ban(run.name(), next.number(), next.at(), subject, why));
        Ban ban = bans.save(maker.make(why, order));
        audit.recordIn(
                run.name(), moderator.toString(), "ban.give", ban.toString(), "order " + order.number() + ": " + why);
        return ban;
    }

    /** Lets somebody in again. Lifting twice is lifting once. */
    @Transactional
    public Ban lift(Run run, long id, Account moderator, @Nullable String reason) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        String why = Reason.require(reason, Reason.EVERYBODY);
        runs.lock(run);
        Ban ban = bans.findByIdAndRunId(id, run.id())
                .orElseThrow(() -> Problem.notFound("There is no ban " + id + " in " + run.name()));
        if (ban.isInForce()) {
            IssuedOrder order = orders.give(
                    run, moderator, next -> new Order.Unban(run.name(), next.number(), next.at(), ban.subject(), why));
            ban.lift(why, order);
            audit.recordIn(
                    run.name(),
                    moderator.toString(),
                    "ban.lift",
                    ban.toString(),
                    "order " + order.number() + ": " + why);
        }
        return ban;
    }

    /** The newest first. */
    @Transactional(readOnly = true)
    public Excerpt<Ban> list(Run run, Account moderator, Wanted wanted) {
        runs.requireOffice(run, moderator, Office.MODERATOR);
        return Excerpt.falling(
                wanted,
                (id, limit) -> bans.findByRunIdAndIdGreaterThanOrderById(run.id(), id, Limit.of(limit)),
                (id, limit) -> bans.findByRunIdAndIdLessThanOrderByIdDesc(run.id(), id, Limit.of(limit)),
                Ban::id);
    }

    /** The ban of an account that is in force. */
    @Transactional(readOnly = true)
    public Optional<Ban> find(Run run, Account account) {
        return bans.findByRunIdAndAccountIdAndLiftedAtIsNull(run.id(), account.id());
    }

    /** The ban that is in force of an account, or else of one of its peer keys. */
    @Transactional(readOnly = true)
    public Optional<Ban> find(Run run, Account account, PeerId peer) {
        List<Ban> inForce = bans.findInForce(run.id(), account.id(), peer.toString());
        return inForce.stream()
                .filter(ban -> ban.account() != null)
                .findFirst()
                .or(() -> inForce.stream().findFirst());
    }

    /** The ban of a peer key that is in force. */
    @Transactional(readOnly = true)
    public Optional<Ban> find(Run run, PeerId peer) {
        return bans.findByRunIdAndPeerAndLiftedAtIsNull(run.id(), peer.toString());
    }
}
