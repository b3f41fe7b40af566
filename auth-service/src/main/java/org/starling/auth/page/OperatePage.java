package org.starling.auth.page;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.order.RunOrders;
import org.starling.auth.order.RunOrders.Changes;
import org.starling.auth.run.Administration;
import org.starling.auth.run.Administration.Holder;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;
import org.starling.auth.run.RunPresence;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.run.LiveSettings;

/** For operators: the run's course, who holds its offices, and what was done. */
@Page
@RequestMapping("/runs/{organisation}/{name}")
class OperatePage {

    private final Accounts accounts;
    private final RunOrders orders;
    private final Administration administration;
    private final AuditLog audit;

    OperatePage(Accounts accounts, RunOrders orders, Administration administration, AuditLog audit) {
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
                    Fields.seconds(settings.matchmakingWindow()),
                    Fields.seconds(settings.partTimeout()),
                    Fields.seconds(settings.roundTimeout()));
        }
    }

    @GetMapping("/operate")
    String show(@As(Office.OPERATOR) OfficialVisit visit, Model model) {
        model.addAttribute("paused", visit.run().paused());
        model.addAttribute("settings", SettingsView.of(orders.settings(visit.run())));
        model.addAttribute(
                "officials",
                administration.officials(visit.run(), visit.visitor()).stream()
                        .map(holder -> new HolderRow(holder, accounts.nameOf(holder.account())))
                        .toList());
        model.addAttribute("offices", Office.titles());
        model.addAttribute("codecs", Codec.names());
        model.addAttribute("founded", visit.run().isFounded());
        model.addAttribute("presence", PresenceView.of(visit.run()));
        return "operate";
    }

    @PostMapping("/operate/pause")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String pause(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        orders.pause(visit.run(), visit.visitor(), reason);
        return done(visit, next, "The run is paused: no round begins any more.");
    }

    @PostMapping("/operate/resume")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String resume(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        orders.resume(visit.run(), visit.visitor(), reason);
        return done(visit, next, "The run goes on.");
    }

    @PostMapping("/operate/settings")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String change(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam("targetBatchSize") long targetBatchSize,
            @RequestParam("codec") String codec,
            @RequestParam("matchmakingWindow") String matchmakingWindow,
            @RequestParam("partTimeout") String partTimeout,
            @RequestParam("roundTimeout") String roundTimeout,
            RedirectAttributes next) {
        orders.change(
                visit.run(),
                visit.visitor(),
                new Changes(
                        targetBatchSize,
                        codec.strip(),
                        Fields.seconds("matchmakingWindow", matchmakingWindow),
                        Fields.seconds("partTimeout", partTimeout),
                        Fields.seconds("roundTimeout", roundTimeout)));
        return done(visit, next, "The settings are changed. The swarm hears of it now.");
    }

    /** What is said of the run, as the form shows it; entry points one a line. */
    record PresenceView(String description, String entryPoints, String metrics, String checkpoints) {
        static PresenceView of(Run run) {
            return new PresenceView(
                    run.description(),
                    String.join("\n", run.entryPoints()),
                    Objects.requireNonNullElse(run.metrics(), ""),
                    Objects.requireNonNullElse(run.checkpoints(), ""));
        }
    }

    @PostMapping("/operate/presence")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String present(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam("description") String description,
            @RequestParam("entryPoints") String entryPoints,
            @RequestParam("metrics") String metrics,
            @RequestParam("checkpoints") String checkpoints,
            RedirectAttributes next) {
        administration.present(
                visit.run(),
                visit.visitor(),
                new RunPresence(description.strip(), Fields.lines(entryPoints), metrics, checkpoints));
        return done(visit, next, "What people read of the run is changed.");
    }

    @PostMapping("/operate/officials")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String appoint(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam("office") String office,
            @RequestParam("account") String account,
            RedirectAttributes next) {
        Account appointed = accounts.require(account.strip());
        administration.appoint(visit.run(), visit.visitor(), Office.of(office), appointed);
        return done(visit, next, appointed.name() + " is " + office + " now.");
    }

    @PostMapping("/operate/officials/dismiss")
    @Form(on = "/runs/{organisation}/{name}/operate")
    String dismiss(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam("office") String office,
            @RequestParam("account") String account,
            RedirectAttributes next) {
        Account dismissed = accounts.require(account);
        administration.dismiss(visit.run(), visit.visitor(), Office.of(office), dismissed);
        return done(visit, next, dismissed.name() + " is no " + office + " any more.");
    }

    @GetMapping("/audit")
    String audit(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            Model model) {
        Deeds.show(
                audit.read(visit.run().name(), Pager.part(after, before)),
                UriComponentsBuilder.fromPath(visit.page("audit")),
                model);
        return "audit";
    }

    private static String done(OfficialVisit visit, RedirectAttributes next, String sentence) {
        next.addFlashAttribute("done", sentence);
        return "redirect:" + visit.page("operate");
    }
}
