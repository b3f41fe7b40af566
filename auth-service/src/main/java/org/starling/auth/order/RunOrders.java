package org.starling.auth.order;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Reason;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.Order;
import org.starling.swarm.run.LiveSettings;
import org.starling.swarm.run.RunConfiguration;
import tools.jackson.databind.json.JsonMapper;

/** What an operator orders a run to do. */
@Service
public class RunOrders {

    private final OrderIssuer orders;
    private final Runs runs;
    private final AuditLog audit;
    private final JsonMapper json;

    RunOrders(OrderIssuer orders, Runs runs, AuditLog audit, JsonMapper json) {
        this.orders = orders;
        this.runs = runs;
        this.audit = audit;
        this.json = json;
    }

    /** Orders the swarm back to a state, from which the next generation begins. */
    @Transactional
    public IssuedOrder rollback(Run run, Account operator, StateReference state) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        IssuedOrder order = orders.give(
                run,
                operator,
                next -> new Order.Rollback(run.name(), next.number(), next.at(), next.generation(), state));
        return written(
                order, "generation " + order.generation() + ": epoch " + state.epoch() + ", state " + state.digest());
    }

    /** Lets no round begin any more. */
    @Transactional
    public IssuedOrder pause(Run run, Account operator, @Nullable String reason) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        String why = Reason.require(reason, Reason.EVERYBODY);
        IssuedOrder order =
                orders.give(run, operator, next -> new Order.Pause(run.name(), next.number(), next.at(), why));
        runs.lock(run).pause(why);
        return written(order, why);
    }

    /** Lets rounds begin again. */
    @Transactional
    public IssuedOrder resume(Run run, Account operator, @Nullable String reason) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        String why = Reason.require(reason, Reason.EVERYBODY);
        IssuedOrder order =
                orders.give(run, operator, next -> new Order.Resume(run.name(), next.number(), next.at(), why));
        runs.lock(run).resume();
        return written(order, why);
    }

    /** Settings to change; what is null stays as it is. */
    public record Changes(
            @Nullable Long targetBatchSize,
            @Nullable String codec,
            @Nullable Duration matchmakingWindow,
            @Nullable Duration partTimeout,
            @Nullable Duration roundTimeout) {

        LiveSettings appliedTo(LiveSettings now) {
            return new LiveSettings(
                    targetBatchSize == null ? now.targetBatchSize() : targetBatchSize,
                    codec == null ? now.codec() : codec,
                    matchmakingWindow == null ? now.matchmakingWindow() : matchmakingWindow,
                    partTimeout == null ? now.partTimeout() : partTimeout,
                    roundTimeout == null ? now.roundTimeout() : roundTimeout);
        }
    }

    /** Changes settings while the run runs. A problem 400 that names the setting if one of them cannot be. */
    @Transactional
    public IssuedOrder change(Run run, Account operator, Changes changes) {
        runs.requireOffice(run, operator, Office.OPERATOR);
        Run held = runs.lock(run);
        LiveSettings settings = changes.appliedTo(settings(held));
        settings.appliedTo(json.readValue(held.configuration(), RunConfiguration.class));
        IssuedOrder order =
                orders.give(run, operator, next -> new Order.Change(run.name(), next.number(), next.at(), settings));
        held.changeSettings(json.writeValueAsString(settings));
        return written(order, settings.toString());
    }

    /** The settings that count now. */
    public LiveSettings settings(Run run) {
        String live = run.liveSettings();
        return live == null
                ? LiveSettings.of(json.readValue(run.configuration(), RunConfiguration.class))
                : json.readValue(live, LiveSettings.class);
    }

    private IssuedOrder written(IssuedOrder order, String detail) {
        audit.recordIn(
                order.run().name(),
                order.issuedBy().toString(),
                "order." + order.type(),
                order.run().name(),
                "order " + order.number() + ", " + detail);
        return order;
    }
}
