package org.starling.auth.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.Admissions;
import org.starling.auth.authority.Authority;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** What anybody may know: the runs, and who one is oneself. */
@RestController
class RunController {

    private final Runs runs;
    private final Accounts accounts;
    private final Admissions admissions;
    private final Authority authority;

    RunController(Runs runs, Accounts accounts, Admissions admissions, Authority authority) {
        this.runs = runs;
        this.accounts = accounts;
        this.admissions = admissions;
        this.authority = authority;
    }

    record View(
            String run,
            String description,
            @JsonRawValue String configuration,
            List<String> entryPoints,
            String issuer,
            long accounts) {}

    @GetMapping("/api/v1/runs")
    List<View> all() {
        return runs.all().stream().map(this::view).toList();
    }

    @GetMapping("/api/v1/runs/{organisation}/{name}")
    View one(@PathVariable("organisation") String organisation, @PathVariable("name") String name) {
        return view(runs.require(organisation, name));
    }

    /** {@code account} is null for somebody who has not logged in. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Me(@Nullable String account, List<String> moderates) {}

    /** Touching the CSRF token makes the session send it. */
    @GetMapping("/api/v1/me")
    Me me(@Nullable Authentication authentication, @Nullable CsrfToken csrf) {
        HubAccount person = CallerResolver.caller(authentication);
        if (person == null) {
            return new Me(null, List.of());
        }
        if (csrf != null) {
            csrf.getToken();
        }
        Account account = accounts.of(person);
        return new Me(
                account.name(),
                runs.all().stream()
                        .filter(run -> run.hasOffice(account, Office.MODERATOR))
                        .map(Run::name)
                        .toList());
    }

    private View view(Run run) {
        return new View(
                run.name(),
                run.description(),
                run.configuration(),
                run.entryPoints(),
                authority.issuer(),
                admissions.countApproved(run));
    }
}
