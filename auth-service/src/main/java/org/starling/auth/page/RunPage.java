package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.ban.Bans;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.order.RunOrders;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A run as a volunteer sees it: what it trains, where one stands, and how to start a peer. */
@Page
@RequestMapping("/runs/{organisation}/{name}")
class RunPage {

    private final Visits visits;
    private final Runs runs;
    private final Accounts accounts;
    private final Admissions admissions;
    private final Bans bans;
    private final RunOrders orders;
    private final JsonMapper json;
    private final InstantSource clock;

    RunPage(
            Visits visits,
            Runs runs,
            Accounts accounts,
            Admissions admissions,
            Bans bans,
            RunOrders orders,
            JsonMapper json,
            InstantSource clock) {
        this.visits = visits;
        this.runs = runs;
        this.accounts = accounts;
        this.admissions = admissions;
        this.bans = bans;
        this.orders = orders;
        this.json = json;
        this.clock = clock;
    }

    @GetMapping
    String show(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @Nullable HubAccount person,
            HttpServletRequest request,
            Model model) {
        Visits.Visit visit = visits.open(organisation, name, person, model);
        Account visitor = visit.visitor();
        if (visitor != null) {
            JoinRequest asked = admissions.find(visit.run(), visitor).orElse(null);
            model.addAttribute("request", asked);
            model.addAttribute("ban", bans.find(visit.run(), visitor).orElse(null));
            if (asked != null) {
                model.addAttribute("asked", Ago.of(asked.requestedAt(), clock.instant()));
            }
        }
        model.addAttribute("facts", facts(visit.run()));
        model.addAttribute(
                "authUrl", ServletUriComponentsBuilder.fromContextPath(request).toUriString());
        return "run";
    }

    @PostMapping("/join")
    String join(
            @PathVariable("organisation") String organisation, @PathVariable("name") String name, HubAccount person) {
        Run run = runs.require(organisation, name);
        admissions.ask(run, accounts.of(person));
        return "redirect:/runs/" + run.name();
    }

    private Map<String, String> facts(Run run) {
        JsonNode configuration = json.readTree(run.configuration());
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Task", configuration.path("task").asString(""));
        facts.put("Samples an epoch", "%,d".formatted(orders.settings(run).targetBatchSize()));
        facts.put("Volunteers admitted", Long.toString(admissions.countApproved(run)));
        facts.put("Entry points", run.entryPoints().isEmpty() ? "none yet" : String.join(", ", run.entryPoints()));
        return facts;
    }
}
