package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.auth.account.Account;
import org.starling.auth.admission.Admissions;
import org.starling.auth.admission.JoinRequest;
import org.starling.auth.ban.Bans;
import org.starling.auth.order.RunOrders;
import org.starling.auth.run.Run;
import org.starling.auth.visit.PersonalVisit;
import org.starling.auth.visit.Visit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A run as a volunteer sees it: what it trains, where one stands, and how to start a peer. */
@Page
@RequestMapping("/runs/{organisation}/{name}")
class RunPage {

    private final Admissions admissions;
    private final Bans bans;
    private final RunOrders orders;
    private final JsonMapper json;
    private final InstantSource clock;

    RunPage(Admissions admissions, Bans bans, RunOrders orders, JsonMapper json, InstantSource clock) {
        this.admissions = admissions;
        this.bans = bans;
        this.orders = orders;
        this.json = json;
        this.clock = clock;
    }

    @GetMapping
    String show(Visit visit, HttpServletRequest request, Model model) {
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
        model.addAttribute("metrics", visit.run().metrics());
        model.addAttribute("checkpoints", visit.run().checkpoints());
        model.addAttribute(
                "authUrl", ServletUriComponentsBuilder.fromContextPath(request).toUriString());
        return "run";
    }

    @PostMapping("/join")
    @Form(on = "/runs/{organisation}/{name}")
    String join(PersonalVisit visit) {
        admissions.ask(visit.run(), visit.visitor());
        return "redirect:/runs/" + visit.run().name();
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
