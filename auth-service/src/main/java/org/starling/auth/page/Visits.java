package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;

/** Who looks at which run, and whether they may. */
@Component
class Visits {

    private final Runs runs;
    private final Accounts accounts;

    Visits(Runs runs, Accounts accounts) {
        this.runs = runs;
        this.accounts = accounts;
    }

    /** @param visitor null for somebody who has not logged in */
    record Visit(Run run, @Nullable Account visitor) {}

    /** A visit with an office. */
    record OfficialVisit(Run run, Account visitor) {}

    Visit open(String organisation, String name, @Nullable HubAccount person, Model model) {
        Run run = runs.require(organisation, name);
        Account visitor = person == null ? null : accounts.of(person);
        model.addAttribute("run", RunView.of(run, visitor));
        return new Visit(run, visitor);
    }

    /** A problem 403 for whoever does not hold the office. */
    OfficialVisit openAs(Office office, String organisation, String name, HubAccount person, Model model) {
        Run run = runs.require(organisation, name);
        Account visitor = accounts.of(person);
        runs.requireOffice(run, visitor, office);
        model.addAttribute("run", RunView.of(run, visitor));
        return new OfficialVisit(run, visitor);
    }
}
