package org.starling.auth.order;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.authority.Authority;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;

/** Signs and numbers orders. The numbers of a run have no gap: a peer obeys them in order. */
@Service
public class OrderIssuer {

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
                SignedOrder.sign(order, authority.signingKey()).toBytes(),
                by,
                now));
    }

    /** The run's orders after a number, oldest first. */
    @Transactional(readOnly = true)
    public List<IssuedOrder> list(Run run, long after) {
        return orders.findByRunIdAndNumberGreaterThanOrderByNumber(run.id(), after);
    }

    /** One order of a run; a problem 404 if there is none of that number. */
    @Transactional(readOnly = true)
    public IssuedOrder require(Run run, long number) {
        return orders.findByRunIdAndNumber(run.id(), number)
                .orElseThrow(() -> Problem.notFound("There is no order " + number + " of " + run.name()));
    }

    /**
     * The run's signed orders after a number as peers pass them on, oldest first. Those whose key is not published any more are
     * signed again, for newcomers who never knew it.
     */
    @Transactional(readOnly = true)
    public List<byte[]> messages(Run run, long after) {
        return messages(list(run, after));
    }

    private List<byte[]> messages(List<IssuedOrder> issued) {
        Set<String> trusted =
                authority.trustedKeys().stream().map(AuthorityKey::keyId).collect(Collectors.toSet());
        AuthorityKey signing = authority.signingKey();
        return issued.stream()
                .map(order -> trusted.contains(SignedOrder.keyId(order.message()))
                        ? order.message()
                        : SignedOrder.signAgain(order.message(), signing))
                .toList();
    }

    /** As {@link #messages(Run, long)}, with what is written down about each. */
    @Transactional(readOnly = true)
    public Map<IssuedOrder, byte[]> withMessages(Run run, long after) {
        List<IssuedOrder> issued = list(run, after);
        List<byte[]> messages = messages(issued);
        Map<IssuedOrder, byte[]> both = new LinkedHashMap<>();
        for (int i = 0; i < issued.size(); i++) {
            both.put(issued.get(i), messages.get(i));
        }
        return both;
    }
}
