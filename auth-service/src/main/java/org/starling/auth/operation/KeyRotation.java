package org.starling.auth.operation;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Reason;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.authority.Authority;
import org.starling.auth.authority.Authority.KeyState;
import org.starling.auth.order.OrderIssuer;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;
import org.starling.swarm.orders.Order;

/** Changes the authority's keys, and tells every run's swarm with an order, so that no peer has to ask. */
@Service
public class KeyRotation {

    private final Authority authority;
    private final OrderIssuer orders;
    private final Runs runs;
    private final ServiceOperators operators;
    private final AuditLog audit;

    KeyRotation(Authority authority, OrderIssuer orders, Runs runs, ServiceOperators operators, AuditLog audit) {
        this.authority = authority;
        this.orders = orders;
        this.runs = runs;
        this.operators = operators;
        this.audit = audit;
    }

    @Transactional
    public KeyState rotate(Account operator) {
        operators.require(operator);
        KeyState key = authority.rotate(next -> runs.all()
                .forEach(run -> orders.give(
                        run,
                        operator,
                        order -> new Order.Trust(run.name(), order.number(), order.at(), next.publicJwk()))));
        audit.record(operator.toString(), "key.rotate", key.keyId(), "");
        return key;
    }

    @Transactional
    public KeyState revoke(Account operator, String keyId, @Nullable String reason) {
        operators.require(operator);
        String why = Reason.require(reason, Reason.EVERYBODY);
        KeyState key = authority.revoke(
                keyId,
                why,
                () -> runs.all()
                        .forEach(run -> orders.give(
                                run,
                                operator,
                                order -> new Order.Distrust(run.name(), order.number(), order.at(), keyId, why))));
        audit.record(operator.toString(), "key.revoke", keyId, why);
        return key;
    }
}
