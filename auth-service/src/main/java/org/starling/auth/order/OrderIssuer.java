package org.starling.auth.order;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.authority.Authority;
import org.starling.auth.authority.Authority.Keyring;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;

/** Signs and numbers orders. The numbers of a run have no gap: a peer obeys them in order. */
@Service
public class OrderIssuer {

    /** Of at most 4 kB each in base64: a peer reads 4 MB. */
    private static final int TOLD_AT_ONCE = 500;

    private final IssuedOrderRepository orders;
    private final Runs runs;
    private final Authority authority;
    private final InstantSource clock;

    OrderIssuer(IssuedOrderRepository orders, Runs runs, Authority authority, InstantSource clock) {
        this.orders = orders;
        this.runs = runs;
        this.authority = authority;
        this.clock = clock;
    }

    /** What the next order of a run may say of itself. */
    public record Next(long number, Instant at, long generation) {}

    /**
     * Signs the next order of a run, in the transaction that writes down what it is about. Whether the person may give it was
     * checked before.
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public IssuedOrder give(Run run, Account by, Function<Next, Order> draft) {
        runs.lock(run);
        Optional<IssuedOrder> last = orders.findFirstByRunIdOrderByNumberDesc(run.id());
        long number = last.map(IssuedOrder::number).orElse(0L) + 1;
        long generation = last.map(IssuedOrder::generation).orElse(0L);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Order order = draft.apply(new Next(number, now, generation + 1));
        return orders.save(new IssuedOrder(
                run,
                number,
                order.kind(),
                order instanceof Order.Rollback rollback ? rollback.generation() : generation,
                SignedOrder.sign(order, authority.keyring().signing()).toBytes(),
                by,
                now));
    }

    /** One order of a run; a problem 404 if there is none of that number. */
    @Transactional(readOnly = true)
    public IssuedOrder require(Run run, long number) {
        return orders.findByRunIdAndNumber(run.id(), number)
                .orElseThrow(() -> Problem.notFound("There is no order " + number + " of " + run.name()));
    }

    /**
     * The first orders of a run.
     *
     * @param messages signed orders as peers pass them on, oldest first. Those whose key is not published any more are signed
     *     again, for newcomers who never knew it
     * @param until the number of the last of them, if there are more; null if these are all
     */
    public record First(List<byte[]> messages, @Nullable Long until) {}

    /** What a newcomer is told at once; {@link #list} tells the rest. */
    @Transactional(readOnly = true)
    public First first(Run run, Keyring keys) {
        List<IssuedOrder> issued =
                orders.findByRunIdAndNumberGreaterThanOrderByNumber(run.id(), 0, Limit.of(TOLD_AT_ONCE + 1));
        return issued.size() <= TOLD_AT_ONCE
                ? new First(messages(issued, keys), null)
                : new First(
                        messages(issued.subList(0, TOLD_AT_ONCE), keys),
                        issued.get(TOLD_AT_ONCE - 1).number());
    }

    private static List<byte[]> messages(List<IssuedOrder> issued, Keyring keys) {
        Set<String> trusted = keys.trusted().stream().map(AuthorityKey::keyId).collect(Collectors.toSet());
        return issued.stream()
                .map(order -> trusted.contains(SignedOrder.keyId(order.message()))
                        ? order.message()
                        : SignedOrder.signAgain(order.message(), keys.signing()))
                .toList();
    }

    /**
     * An order, and what peers pass on.
     *
     * @param message see {@link First#messages}
     */
    public record Given(IssuedOrder order, byte[] message) {}

    /** Orders of the run, oldest first. */
    @Transactional(readOnly = true)
    public Excerpt<Given> list(Run run, Wanted wanted) {
        Excerpt<IssuedOrder> issued = Excerpt.rising(
                wanted,
                (number, limit) ->
                        orders.findByRunIdAndNumberGreaterThanOrderByNumber(run.id(), number, Limit.of(limit)),
                (number, limit) ->
                        orders.findByRunIdAndNumberLessThanOrderByNumberDesc(run.id(), number, Limit.of(limit)),
                IssuedOrder::number);
        Iterator<byte[]> messages =
                messages(issued.items(), authority.keyring()).iterator();
        return issued.map(order -> new Given(order, messages.next()));
    }
}
