package org.starling.checkpoint.web;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.catalog.Rollback;
import org.starling.checkpoint.rollback.RollbackRefusedException;
import org.starling.checkpoint.rollback.RollbackRefusedException.Reason;
import org.starling.checkpoint.rollback.RollbackService;
import org.starling.swarm.orders.Order;

/** Rollbacks: anybody may read what was ordered; the auth service decides who may order. */
@RestController
class RollbackController {
    private static final String BEARER = "Bearer ";

    private final RollbackService rollbacks;
    private final CheckpointCatalog catalog;

    RollbackController(RollbackService rollbacks, CheckpointCatalog catalog) {
        this.rollbacks = rollbacks;
        this.catalog = catalog;
    }

    /** @param checkpoint id of the checkpoint to go back to */
    record RollbackRequest(@NotNull Long checkpoint) {}

    /**
     * A rollback.
     *
     * @param number of the order
     * @param generation that began with it
     */
    record RollbackView(long number, long generation, long epoch, long samples, String stateDigest, Instant ordered) {
        static RollbackView of(Rollback rollback) {
            return new RollbackView(
                    rollback.orderNumber(),
                    rollback.generation(),
                    rollback.epoch(),
                    rollback.samples(),
                    rollback.stateDigest(),
                    rollback.orderedAt());
        }

        static RollbackView of(Order.Rollback order) {
            return new RollbackView(
                    order.number(),
                    order.generation(),
                    order.state().epoch(),
                    order.state().samples(),
                    order.state().digest().toString(),
                    order.issuedAt());
        }
    }

    @GetMapping("/api/v1/admin/rollbacks")
    List<RollbackView> list() {
        return catalog.rollbacks().stream().map(RollbackView::of).toList();
    }

    @PostMapping("/api/v1/admin/rollback")
    @ResponseStatus(HttpStatus.ACCEPTED)
    RollbackView rollBack(
            @RequestHeader(name = HttpHeaders.AUTHORIZATION, required = false) @Nullable String authorization,
            @RequestBody @Valid RollbackRequest request)
            throws RollbackRefusedException {
        if (authorization == null
                || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                || authorization.substring(BEARER.length()).isBlank()) {
            throw new RollbackRefusedException(
                    Reason.NOT_AUTHENTICATED, "Send an operator's token as 'Authorization: Bearer ...'");
        }
        return RollbackView.of(rollbacks.rollBack(
                request.checkpoint(), authorization.substring(BEARER.length()).strip()));
    }

    @ExceptionHandler({HttpMessageNotReadableException.class, MethodArgumentNotValidException.class})
    ProblemDetail malformed() {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.BAD_REQUEST,
                "The body must be JSON such as {\"checkpoint\": 7}, with the id of a checkpoint as GET"
                        + " /api/v1/checkpoints lists it");
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> refused(RollbackRefusedException e) {
        HttpStatus status = switch (e.reason()) {
            case UNKNOWN_CHECKPOINT -> HttpStatus.NOT_FOUND;
            case UNUSABLE_CHECKPOINT, NOT_ACCEPTED -> HttpStatus.CONFLICT;
            case NOT_AUTHENTICATED -> HttpStatus.UNAUTHORIZED;
            case NOT_AN_OPERATOR -> HttpStatus.FORBIDDEN;
            case AUTH_SERVICE_UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
            case AUTH_SERVICE_FAILED -> HttpStatus.BAD_GATEWAY;
        };
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(status);
        if (status == HttpStatus.UNAUTHORIZED) {
            answer.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        return answer.body(ProblemDetail.forStatusAndDetail(status, String.valueOf(e.getMessage())));
    }
}
