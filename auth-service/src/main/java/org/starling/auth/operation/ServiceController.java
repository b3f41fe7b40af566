package org.starling.auth.operation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.audit.AuditLog.Deed;
import org.starling.auth.authority.Authority;
import org.starling.auth.authority.Authority.KeyState;
import org.starling.auth.excerpt.Excerpts;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.run.Office;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;
import org.starling.auth.visit.PersonalVisit;
import org.starling.auth.visit.ServiceVisit;

/** For operators: the authority's keys, and the audit log of the service and of each run. */
@RestController
class ServiceController {

    private final KeyRotation rotation;
    private final Authority authority;
    private final AuditLog audit;
    private final ServiceOperators operators;
    private final Runs runs;

    ServiceController(
            KeyRotation rotation, Authority authority, AuditLog audit, ServiceOperators operators, Runs runs) {
        this.rotation = rotation;
        this.authority = authority;
        this.audit = audit;
        this.operators = operators;
        this.runs = runs;
    }

    @GetMapping("/api/v1/authority/keys")
    List<KeyState> keys(ServiceVisit visit) {
        return authority.states();
    }

    /** Makes a new signing key. The tokens of the one before stay good until they expire. */
    @PostMapping("/api/v1/authority/keys")
    @ResponseStatus(HttpStatus.CREATED)
    KeyState rotate(ServiceVisit visit) {
        return rotation.rotate(visit.operator());
    }

    /** @param reason for people; the swarm will read it */
    record Revocation(@Nullable String reason) {}

    /** Lets nothing count any more that a retired key has signed. */
    @PostMapping("/api/v1/authority/keys/{keyId}/revoke")
    KeyState revoke(@PathVariable("keyId") String keyId, @RequestBody Revocation revocation, ServiceVisit visit) {
        return rotation.revoke(visit.operator(), keyId, revocation.reason());
    }

    /** All that was done here, the newest first. */
    @GetMapping("/api/v1/audit")
    ResponseEntity<List<Deed>> audit(
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit,
            ServiceVisit visit) {
        return Excerpts.answer(audit.read(null, new Wanted(after, before, limit)));
    }

    /** What was done in a run, the newest first. */
    @GetMapping("/api/v1/runs/{organisation}/{name}/audit")
    ResponseEntity<List<Deed>> audit(
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            @RequestParam(name = "limit", defaultValue = Wanted.DEFAULT_LIMIT) int limit,
            PersonalVisit visit) {
        if (!operators.include(visit.visitor())) {
            runs.requireOffice(visit.run(), visit.visitor(), Office.OPERATOR);
        }
        return Excerpts.answer(audit.read(visit.run().name(), new Wanted(after, before, limit)));
    }
}
