package org.starling.auth.order;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
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

    /** Orders the swarm back to a state, from which the next generation begins. */
    @Transactional
    public IssuedOrder rollback(Run run, Account operator, StateReference state) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        runs.lock(run);
        Optional<IssuedOrder> last = orders.findFirstByRunIdOrderByNumberDesc(run.id());
        long number = last.map(IssuedOrder::number).orElse(0L) + 1;
        long generation = last.map(IssuedOrder::generation).orElse(0L) + 1;
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Order order = new Order.Rollback(run.name(), number, now, generation, state);
        IssuedOrder issued = orders.save(new IssuedOrder(
                run,
                number,
                "rollback",
                generation,
                SignedOrder.sign(order, authority.signingKey()).toBytes(),
                operator,
                now));
        audit.record(
                operator.name() + " (" + operator.hubId() + ")",
                "order.rollback",
                run.name(),
                "order " + number + ", generation " + generation + ": epoch " + state.epoch() + ", state "
                        + state.digest());
        return issued;
    }

    /** The run's orders, oldest first. */
    @Transactional(readOnly = true)
    public List<IssuedOrder> list(Run run) {
        return orders.findByRunIdOrderByNumber(run.id());
    }

    /** The run's signed orders as peers pass them on, oldest first. */
    @Transactional(readOnly = true)
    public List<byte[]> messages(Run run) {
        return list(run).stream().map(IssuedOrder::message).toList();
    }
}
