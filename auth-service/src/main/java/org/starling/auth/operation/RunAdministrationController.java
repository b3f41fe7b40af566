package org.starling.auth.operation;

import java.util.List;
import java.util.Map;
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
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;

/** For operators: runs and their offices over HTTP. */
@RestController
@RequestMapping("/api/v1/runs")
class RunAdministrationController {

    private final Administration administration;
    private final ServiceOperators operators;
    private final Accounts accounts;
    private final Runs runs;

    RunAdministrationController(
            Administration administration, ServiceOperators operators, Accounts accounts, Runs runs) {
        this.administration = administration;
        this.operators = operators;
        this.accounts = accounts;
        this.runs = runs;
    }

    /**
     * A run to make.
     *
     * @param run {@code organisation/name}
     * @param task name of the training task
     * @param taskSettings model and training, as the task reads them
     * @param targetBatchSize samples of an epoch
     * @param maxSamplesPerSecond of one peer; more is not believed; default an epoch a second
     * @param averaging how gradients are averaged; what is left out takes its default
     * @param membership how peers learn of each other; what is left out takes its default
     * @param entryPoints {@code host:port} of peers that newcomers call first
     */
    record NewRun(
            @Nullable String run,
            @Nullable String description,
            @Nullable String task,
            @Nullable Map<String, String> taskSettings,
            @Nullable Long targetBatchSize,
            @Nullable Double maxSamplesPerSecond,
            @Nullable AveragingSettings averaging,
            @Nullable MembershipSettings membership,
            @Nullable List<String> entryPoints) {

        @SuppressWarnings("NullAway") // it checks, and null stands for the defaults
        RunConfiguration configuration() {
            return new RunConfiguration(
                    run,
                    task,
                    taskSettings,
                    targetBatchSize == null ? 0 : targetBatchSize,
                    maxSamplesPerSecond == null ? 0 : maxSamplesPerSecond,
                    averaging,
                    membership);
        }
    }

    record Founded(String run, String description, List<String> entryPoints) {
        static Founded of(Run run) {
            return new Founded(run.name(), run.description(), run.entryPoints());
        }
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Founded found(@RequestBody NewRun wanted, HubAccount person) {
        Account operator = accounts.of(person);
        operators.require(operator);
        return Founded.of(administration.found(
                operator,
                wanted.configuration(),
                wanted.description(),
                wanted.entryPoints() == null ? List.of() : wanted.entryPoints()));
    }

    /** What is absent stays as it is. */
    record Description(
            @Nullable String description, @Nullable List<String> entryPoints) {}

    @PatchMapping("/{organisation}/{name}")
    Founded describe(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestBody Description wanted,
            HubAccount person) {
        Run run = runs.require(organisation, name);
        return Founded.of(
                administration.describe(run, accounts.of(person), wanted.description(), wanted.entryPoints()));
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
