package org.starling.auth.run;

import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.swarm.run.RunConfiguration;
import tools.jackson.databind.json.JsonMapper;

/** Makes runs, says where they are found, and gives and takes offices. */
@Service
public class Administration {

    private final RunRepository runs;
    private final Runs known;
    private final ServiceOperators operators;
    private final AuditLog audit;
    private final JsonMapper json;
    private final InstantSource clock;

    Administration(
            RunRepository runs,
            Runs known,
            ServiceOperators operators,
            AuditLog audit,
            JsonMapper json,
            InstantSource clock) {
        this.runs = runs;
        this.known = known;
        this.operators = operators;
        this.audit = audit;
        this.json = json;
        this.clock = clock;
    }

    /** Makes a run, which its maker operates. A problem 409 if there is one of that name. */
    @Transactional
    public Run found(Account operator, NewRun wanted) {
        operators.require(operator);
        RunConfiguration configuration = wanted.configuration();
        runs.lockAll();
        if (runs.findByName(configuration.run()).isPresent()) {
            throw Problem.taken("run", "There is a run " + configuration.run() + " already");
        }
        Run run = new Run(configuration.run(), json.writeValueAsString(configuration), operator, clock.instant());
        run.present(wanted.presence());
        run.appoint(Office.OPERATOR, operator);
        audit.recordIn(configuration.run(), operator.toString(), "run.found", configuration.run(), run.configuration());
        return runs.save(run);
    }

    /**
     * Changes what people read of the run and where it is found. Addresses that this service itself calls are changed by those
     * who run it: what is behind them may be its own network.
     */
    @Transactional
    public Run present(Run run, Account operator, RunPresence presence) {
        Run held = operated(run, operator);
        if (!held.isFounded()) {
            throw Problem.conflict("The service's settings say what " + run.name()
                    + " is and where it is found (starling.auth.runs); change it there");
        }
        RunPresence before = held.presence();
        held.present(presence);
        RunPresence after = held.presence();
        if (!(Objects.equals(before.metrics(), after.metrics())
                && Objects.equals(before.checkpoints(), after.checkpoints()))) {
            operators.require(operator);
        }
        audit.recordIn(run.name(), operator.toString(), "run.describe", run.name(), after.toString());
        return held;
    }

    @Transactional
    public void appoint(Run run, Account operator, Office office, Account account) {
        if (operated(run, operator).appoint(office, account)) {
            audit.recordIn(run.name(), operator.toString(), "office.give", account.toString(), office.title());
        }
    }

    /** A problem 409 if the service's settings gave the office, or nobody would operate the run any more. */
    @Transactional
    public void dismiss(Run run, Account operator, Office office, Account account) {
        Run held = operated(run, operator);
        if (!held.hasOffice(account, office)) {
            return;
        }
        if (!held.dismiss(office, account)) {
            throw Problem.conflict("The service's settings say that " + account.name() + " is " + office.title()
                    + " of " + run.name() + " (starling.auth.runs); change it there");
        }
        if (held.officials().stream().noneMatch(each -> each.office() == Office.OPERATOR)) {
            throw Problem.conflict(account.name() + " is the only operator of " + run.name() + "; name another first");
        }
        audit.recordIn(run.name(), operator.toString(), "office.take", account.toString(), office.title());
    }

    /**
     * Who holds an office.
     *
     * @param account name or hub id, as it was given
     * @param appointed by an operator; else by the service's settings
     */
    public record Holder(String office, String account, boolean appointed) {}

    /** Who holds which office, for operators of the run. */
    @Transactional(readOnly = true)
    public List<Holder> officials(Run run, Account operator) {
        known.requireOffice(run, operator, Office.OPERATOR);
        return run.officials().stream()
                .map(each -> new Holder(each.office().title(), each.account(), each.appointed()))
                .sorted(Comparator.comparing(Holder::office).thenComparing(Holder::account))
                .toList();
    }

    private Run operated(Run run, Account operator) {
        known.requireOffice(run, operator, Office.OPERATOR);
        return runs.lock(run.id());
    }
}
