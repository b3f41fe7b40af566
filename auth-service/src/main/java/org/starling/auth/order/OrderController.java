package org.starling.auth.order;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;

/** Orders over HTTP. What the request's {@code type} is decides which of its other fields are needed. */
@RestController
@RequestMapping("/api/v1/runs/{organisation}/{name}/orders")
class OrderController {

    private final OrderIssuer orders;
    private final Accounts accounts;
    private final Runs runs;

    OrderController(OrderIssuer orders, Accounts accounts, Runs runs) {
        this.orders = orders;
        this.accounts = accounts;
        this.runs = runs;
    }

    record Wanted(@Nullable String type, @Nullable State state) {}

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
        static View of(IssuedOrder order) {
            return new View(
                    order.number(),
                    order.type(),
                    order.generation(),
                    order.issuedBy().name(),
                    order.issuedAt(),
                    order.message());
        }
    }

    @PostMapping
    View issue(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestBody Wanted wanted,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        Account operator = accounts.of(person);
        if (!"rollback".equals(wanted.type())) {
            throw Problem.badRequest("type '" + wanted.type() + "' is unknown; known is rollback");
        }
        if (wanted.state() == null) {
            throw Problem.badRequest("a rollback needs state: epoch, samples and digest of a checkpoint");
        }
        return View.of(orders.rollback(run, operator, wanted.state().reference()));
    }

    /** Public: orders are for everybody. @param after leaves out orders up to this number */
    @GetMapping
    List<View> list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "after", defaultValue = "0") long after) {
        return orders.list(runs.require(organisation, name), after).stream()
                .map(View::of)
                .toList();
    }
}
