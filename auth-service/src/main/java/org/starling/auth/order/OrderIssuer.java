package org.starling.auth.order;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.authority.Authority;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;

/** Signs and numbers orders. The numbers of a run have no gap: a peer obeys them in order. */
@Service
public class OrderIssuer {

    private final IssuedOrderRepository orders;
    private final Runs runs;
    private final Authority authority;
    private final AuditLog audit;
    private final InstantSource clock;

    OrderIssuer(IssuedOrderRepository orders, Runs runs, Authority authority, AuditLog audit, InstantSource clock) {
        this.orders = orders;
        this.runs = runs;
        this.authority = authority;
        this.audit = audit;
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

    /** Orders the swarm back to a state, from which the next generation begins. */
    @Transactional
    public IssuedOrder rollback(Run run, Account operator, StateReference state) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        IssuedOrder issued = give(
                run,
                operator,
                next -> new Order.Rollback(run.name(), next.number(), next.at(), next.generation(), state));
        audit.record(
                operator.toString(),
                "order.rollback",
                run.name(),
                "order " + issued.number() + ", generation " + issued.generation() + ": epoch " + state.epoch()
                        + ", state " + state.digest());
        return issued;
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

    /** The run's signed orders as peers pass them on, oldest first. */
    @Transactional(readOnly = true)
    public List<byte[]> messages(Run run) {
        return list(run, 0).stream().map(IssuedOrder::message).toList();
    }
}
