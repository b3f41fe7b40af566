package org.starling.auth.page;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.audit.AuditLog.Deed;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.order.RunOrders;
import org.starling.auth.order.RunOrders.Changes;
import org.starling.auth.run.Administration;
import org.starling.auth.run.Administration.Holder;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.swarm.run.LiveSettings;

/** For operators: the run's course, who holds its offices, and what was done. */
@Page
@RequestMapping("/runs/{organisation}/{name}")
class OperatePage {

    private static final int DEEDS = 50;

    private final Visits visits;
    private final Accounts accounts;
    private final RunOrders orders;
    private final Administration administration;
    private final AuditLog audit;

    OperatePage(Visits visits, Accounts accounts, RunOrders orders, Administration administration, AuditLog audit) {
        this.visits = visits;
        this.accounts = accounts;
        this.orders = orders;
        this.administration = administration;
        this.audit = audit;
    }

    /** @param name the account's, if it is known */
    record HolderRow(Holder holder, String name) {}

    /** Live settings as the form shows them; durations in seconds. */
    record SettingsView(
            long targetBatchSize, String codec, String matchmakingWindow, String partTimeout, String roundTimeout) {
        static SettingsView of(LiveSettings settings) {
            return new SettingsView(
                    settings.targetBatchSize(),
                    settings.codec(),
                    seconds(settings.matchmakingWindow()),
                    seconds(settings.partTimeout()),
                    seconds(settings.roundTimeout()));
        }

        private static String seconds(Duration duration) {
            return BigDecimal.valueOf(duration.toMillis(), 3)
                    .stripTrailingZeros()
                    .toPlainString();
        }
    }

    @GetMapping("/operate")
    String show(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            HubAccount person,
            Model model) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        model.addAttribute("paused", visit.run().paused());
        model.addAttribute("settings", SettingsView.of(orders.settings(visit.run())));
        model.addAttribute(
                "officials",
                administration.officials(visit.run(), visit.visitor()).stream()
                        .map(holder -> new HolderRow(holder, accounts.nameOf(holder.account())))
                        .toList());
        model.addAttribute("offices", Office.titles());
        return "operate";
    }

    @PostMapping("/operate/pause")
    String pause(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        orders.pause(visit.run(), visit.visitor(), reason);
        return done(visit.run(), next, "The run is paused: no round begins any more.");
    }

    @PostMapping("/operate/resume")
    String resume(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        orders.resume(visit.run(), visit.visitor(), reason);
        return done(visit.run(), next, "The run goes on.");
    }

    @PostMapping("/operate/settings")
    String change(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam("targetBatchSize") long targetBatchSize,
            @RequestParam("codec") String codec,
            @RequestParam("matchmakingWindow") BigDecimal matchmakingWindow,
            @RequestParam("partTimeout") BigDecimal partTimeout,
            @RequestParam("roundTimeout") BigDecimal roundTimeout,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        orders.change(
                visit.run(),
                visit.visitor(),
                new Changes(
                        targetBatchSize,
                        codec.strip(),
                        seconds("matchmakingWindow", matchmakingWindow),
                        seconds("partTimeout", partTimeout),
                        seconds("roundTimeout", roundTimeout)));
        return done(visit.run(), next, "The settings are changed. The swarm hears of it now.");
    }

    @PostMapping("/operate/officials")
    String appoint(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam("office") String office,
            @RequestParam("account") String account,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        Account appointed = accounts.require(account.strip());
        administration.appoint(visit.run(), visit.visitor(), Office.of(office), appointed);
        return done(visit.run(), next, appointed.name() + " is " + office + " now.");
    }

    @PostMapping("/operate/officials/dismiss")
    String dismiss(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam("office") String office,
            @RequestParam("account") String account,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        Account dismissed = accounts.require(account);
        administration.dismiss(visit.run(), visit.visitor(), Office.of(office), dismissed);
        return done(visit.run(), next, dismissed.name() + " is no " + office + " any more.");
    }

    /** @param when in words */
    record DeedRow(Deed deed, String when) {}

    @GetMapping("/audit")
    String audit(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @RequestParam(name = "before", defaultValue = "9223372036854775807") long before,
            HubAccount person,
            Model model) {
        Visits.OfficialVisit visit = visits.openAs(Office.OPERATOR, organisation, name, person, model);
        List<Deed> deeds = audit.read(visit.run().name(), before, DEEDS);
        model.addAttribute(
                "deeds",
                deeds.stream()
                        .map(deed -> new DeedRow(deed, Ago.moment(deed.at())))
                        .toList());
        model.addAttribute("older", deeds.size() == DEEDS ? deeds.get(DEEDS - 1).id() : null);
        return "audit";
    }

    private static Duration seconds(String setting, BigDecimal value) {
        try {
            return Duration.ofMillis(value.movePointRight(3).longValueExact());
        } catch (ArithmeticException e) {
            throw Problem.badRequest(setting + " must be seconds with at most three decimals, not " + value);
        }
    }

    private static String done(Run run, RedirectAttributes next, String sentence) {
        next.addFlashAttribute("done", sentence);
        return "redirect:/runs/" + run.name() + "/operate";
    }
}
