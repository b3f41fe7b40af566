package org.starling.auth.page;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;

/** {@code /}: the runs. */
@Page
class StartPage {

    private final Runs runs;
    private final Accounts accounts;
    private final Admissions admissions;
    private final ServiceOperators operators;

    StartPage(Runs runs, Accounts accounts, Admissions admissions, ServiceOperators operators) {
        this.operators = operators;
        this.runs = runs;
        this.accounts = accounts;
        this.admissions = admissions;
    }

    /** @param state of the visitor's request; null if there is none */
    record Card(RunView run, long participants, JoinRequest.@Nullable State state) {}

    @GetMapping("/")
    String start(
            @RequestParam(name = "login", required = false) @Nullable String login,
            @Nullable HubAccount person,
            Model model) {
        Account visitor = person == null ? null : accounts.of(person);
        List<Card> cards = runs.all().stream().map(run -> card(run, visitor)).toList();
        model.addAttribute("cards", cards);
        model.addAttribute("serviceOperator", visitor != null && operators.include(visitor));
        model.addAttribute("login", login);
        return "start";
    }

    private Card card(Run run, @Nullable Account visitor) {
        return new Card(
                RunView.of(run, visitor),
                admissions.countApproved(run),
                visitor == null
                        ? null
                        : admissions.find(run, visitor).map(JoinRequest::state).orElse(null));
    }
}
