package org.starling.auth.operation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Accounts;
import org.starling.auth.run.Administration;
import org.starling.auth.run.Administration.Holder;
import org.starling.auth.run.NewRun;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.RunPresence;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.auth.visit.ServiceVisit;

/** For operators: runs and their offices over HTTP. */
@RestController
@RequestMapping("/api/v1/runs")
class RunAdministrationController {

    private final Administration administration;
    private final Accounts accounts;

    RunAdministrationController(Administration administration, Accounts accounts) {
        this.administration = administration;
        this.accounts = accounts;
    }

    /** What is said of a run. */
    record Presence(
            String run,
            String description,
            List<String> entryPoints,
            @Nullable String metrics,
            @Nullable String checkpoints) {
        static Presence of(Run run) {
            return new Presence(run.name(), run.description(), run.entryPoints(), run.metrics(), run.checkpoints());
        }
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Presence found(@RequestBody NewRun wanted, ServiceVisit visit) {
        return Presence.of(administration.found(visit.operator(), wanted));
    }

    /** What is absent stays as it is; an empty address is taken away. */
    @PatchMapping("/{organisation}/{name}")
    Presence present(@As(Office.OPERATOR) OfficialVisit visit, @RequestBody RunPresence wanted) {
        return Presence.of(administration.present(visit.run(), visit.visitor(), wanted));
    }

    @GetMapping("/{organisation}/{name}/officials")
    List<Holder> officials(@As(Office.OPERATOR) OfficialVisit visit) {
        return administration.officials(visit.run(), visit.visitor());
    }

    /** @param account name or hub id of somebody who was here before */
    @PutMapping("/{organisation}/{name}/officials/{office}/{account}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void appoint(
            @As(Office.OPERATOR) OfficialVisit visit,
            @PathVariable("office") String office,
            @PathVariable("account") String account) {
        administration.appoint(visit.run(), visit.visitor(), Office.of(office), accounts.require(account));
    }

    @DeleteMapping("/{organisation}/{name}/officials/{office}/{account}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void dismiss(
            @As(Office.OPERATOR) OfficialVisit visit,
            @PathVariable("office") String office,
            @PathVariable("account") String account) {
        administration.dismiss(visit.run(), visit.visitor(), Office.of(office), accounts.require(account));
    }
}
