package org.starling.auth.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.Admissions;
import org.starling.auth.authority.Authority;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.order.RunOrders;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;
import org.starling.auth.visit.CallerResolver;
import org.starling.auth.visit.Visit;
import org.starling.swarm.run.LiveSettings;

/** What anybody may know: the runs, and who one is oneself. */
@RestController
class RunController {

    private final Runs runs;
    private final Accounts accounts;
    private final Admissions admissions;
    private final Authority authority;
    private final RunOrders orders;
    private final ServiceOperators operators;

    RunController(
            Runs runs,
            Accounts accounts,
            Admissions admissions,
            Authority authority,
            RunOrders orders,
            ServiceOperators operators) {
        this.orders = orders;
        this.operators = operators;
        this.runs = runs;
        this.accounts = accounts;
        this.admissions = admissions;
        this.authority = authority;
    }

    /**
     * A run.
     *
     * @param configuration what its peers begin with
     * @param settings what of it counts now
     * @param paused why it is paused; absent if it is not
     * @param metrics address of its metrics service, whose dashboard everybody may see; absent if it has none
     * @param checkpoints address of its checkpoint service; absent if it has none
     * @param accounts that may take part
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record View(
            String run,
            String description,
            @JsonRawValue String configuration,
            LiveSettings settings,
            @Nullable String paused,
            List<String> entryPoints,
            @Nullable String metrics,
            @Nullable String checkpoints,
            String issuer,
            long accounts) {}

    @GetMapping("/api/v1/runs")
    List<View> all() {
        return runs.all().stream().map(this::view).toList();
    }

    @GetMapping("/api/v1/runs/{organisation}/{name}")
    View one(Visit visit) {
        return view(visit.run());
    }

    /** {@code account} is null for somebody who has not logged in. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Me(@Nullable String account, List<String> moderates, List<String> operates, boolean operatesService) {}

    /** Touching the CSRF token makes the session send it. */
    @GetMapping("/api/v1/me")
    Me me(@Nullable Authentication authentication, @Nullable CsrfToken csrf) {
        HubAccount person = CallerResolver.caller(authentication);
        if (person == null) {
            return new Me(null, List.of(), List.of(), false);
        }
        if (csrf != null) {
            csrf.getToken();
        }
        Account account = accounts.of(person);
        return new Me(
                account.name(),
                holding(account, Office.MODERATOR),
                holding(account, Office.OPERATOR),
                operators.include(account));
    }

    private List<String> holding(Account account, Office office) {
        return runs.all().stream()
                .filter(run -> run.hasOffice(account, office))
                .map(Run::name)
                .toList();
    }

    private View view(Run run) {
        return new View(
                run.name(),
                run.description(),
                run.configuration(),
                orders.settings(run),
                run.paused(),
                run.entryPoints(),
                run.metrics(),
                run.checkpoints(),
                authority.keyring().issuer(),
                admissions.countApproved(run));
    }
}
