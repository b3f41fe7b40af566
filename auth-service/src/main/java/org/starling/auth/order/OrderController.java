package org.starling.auth.order;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.Problem;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.order.RunOrders.Changes;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.auth.visit.Visit;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;

/** Orders over HTTP. What the request's {@code type} is decides which of its other fields are needed. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/orders")
class OrderController {

    private final OrderIssuer orders;
    private final RunOrders given;

    OrderController(OrderIssuer orders, RunOrders given) {
        this.orders = orders;
        this.given = given;
    }

    /**
     * An order to give.
     *
     * @param type {@code rollback}, {@code pause}, {@code resume} or {@code change}
     * @param state where to go back to
     * @param reason why to pause or to resume
     * @param settings what to change
     */
    record NewOrder(
            @Nullable String type,
            @Nullable State state,
            @Nullable String reason,
            @Nullable Changes settings) {}

    record State(
            @Nullable Long epoch,
            @Nullable Long samples,
            @Nullable String digest) {
        StateReference reference() {
            if (epoch == null || samples == null || digest == null) {
                throw Problem.badRequest("state needs epoch, samples and digest");
            }
            try {
                return new StateReference(epoch, samples, Digest.parse(digest));
            } catch (IllegalArgumentException e) {
                throw Problem.badRequest("state: " + e.getMessage());
            }
        }
    }

    record View(long number, String type, long generation, String issuedBy, Instant issuedAt, byte[] order) {
        static View of(IssuedOrder order, byte[] message) {
            return new View(
                    order.number(),
                    order.type(),
                    order.generation(),
                    order.issuedBy().name(),
                    order.issuedAt(),
                    message);
        }
    }

    @PostMapping
    View issue(@As(Office.OPERATOR) OfficialVisit visit, @RequestBody NewOrder wanted) {
        IssuedOrder order = switch (String.valueOf(wanted.type())) {
            case "rollback" ->
                given.rollback(
                        visit.run(), visit.visitor(), require(wanted.state()).reference());
            case "pause" -> given.pause(visit.run(), visit.visitor(), wanted.reason());
            case "resume" -> given.resume(visit.run(), visit.visitor(), wanted.reason());
            case "change" ->
                given.change(visit.run(), visit.visitor(), require(wanted.settings(), "settings to change"));
            default ->
                throw Problem.badRequest(
                        "type '" + wanted.type() + "' is unknown; known are rollback, pause, resume and change");
        };
        return View.of(order, order.message());
    }

    private static State require(@Nullable State state) {
        return require(state, "state: epoch, samples and digest of a checkpoint");
    }

    private static <T> T require(@Nullable T value, String what) {
        if (value == null) {
            throw Problem.badRequest("the order needs " + what);
        }
        return value;
    }

    /** Public: orders are for everybody. By their numbers. */
    @GetMapping
    ResponseEntity<List<View>> list(
            Visit visit,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit) {
        return Excerpts.answer(orders.list(visit.run(), new Wanted(after, before, limit))
                .map(each -> View.of(each.order(), each.message())));
    }
}
