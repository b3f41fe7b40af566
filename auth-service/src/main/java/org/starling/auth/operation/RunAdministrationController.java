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
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Administration;
import org.starling.auth.run.Administration.Holder;
import org.starling.auth.run.NewRun;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.RunPresence;
import org.starling.auth.run.Runs;

/** For operators: runs and their offices over HTTP. */
@RestController
@RequestMapping("/api/v1/runs")
class RunAdministrationController {

    private final Administration administration;
    private final Accounts accounts;
    private final Runs runs;

    RunAdministrationController(Administration administration, Accounts accounts, Runs runs) {
        this.administration = administration;
        this.accounts = accounts;
        this.runs = runs;
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
    Presence found(@RequestBody NewRun wanted, HubAccount person) {
        return Presence.of(administration.found(accounts.of(person), wanted));
    }

    /** What is absent stays as it is; an empty address is taken away. */
    @PatchMapping("/{organisation}/{name}")
    Presence present(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestBody RunPresence wanted,
            HubAccount person) {
        return Presence.of(administration.present(runs.require(organisation, name), accounts.of(person), wanted));
    }

    @GetMapping("/{organisation}/{name}/officials")
    List<Holder> officials(
            @PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        return administration.officials(runs.require(organisation, name), accounts.of(person));
    }

    /** @param account name or hub id of somebody who was here before */
    @PutMapping("/{organisation}/{name}/officials/{office}/{account}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void appoint(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("office") String office,
            @PathVariable("account") String account,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        Account operator = accounts.of(person);
        runs.requireOffice(run, operator, Office.OPERATOR);
        administration.appoint(run, operator, Office.of(office), accounts.require(account));
    }

    @DeleteMapping("/{organisation}/{name}/officials/{office}/{account}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void dismiss(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("office") String office,
            @PathVariable("account") String account,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        Account operator = accounts.of(person);
        runs.requireOffice(run, operator, Office.OPERATOR);
        administration.dismiss(run, operator, Office.of(office), accounts.require(account));
    }
}
