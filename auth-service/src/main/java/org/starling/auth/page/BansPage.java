package org.starling.auth.page;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.account.Account;
import org.starling.auth.ban.Ban;
import org.starling.auth.ban.Bans;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Office;
import org.starling.swarm.identity.PeerId;

/** For moderators: who is banned, and the way back. */
@Page
@RequestMapping("/runs/{organisation}/{name}/bans")
class BansPage {

    private final Visits visits;
    private final Bans bans;
    private final InstantSource clock;

    BansPage(Visits visits, Bans bans, InstantSource clock) {
        this.visits = visits;
        this.bans = bans;
        this.clock = clock;
    }

    record Row(Ban ban, String since) {}

    @GetMapping
    String list(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            HubAccount person,
            Model model) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        model.addAttribute(
                "bans",
                bans.list(visit.run(), visit.visitor()).stream()
                        .map(ban -> new Row(ban, Ago.of(ban.bannedAt(), clock.instant())))
                        .toList());
        return "bans";
    }

    @PostMapping("/{id}/lift")
    String lift(
            @PathVariable("organisation") String organisation,
            @PathVariable("name") String name,
            @PathVariable("id") long id,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            HubAccount person,
            Model model,
            RedirectAttributes next) {
        Visits.OfficialVisit visit = visits.openAs(Office.MODERATOR, organisation, name, person, model);
        Ban ban = bans.lift(visit.run(), id, visit.visitor(), reason);
        next.addFlashAttribute("done", "The ban of " + subject(ban) + " is lifted. The swarm hears of it now.");
        return "redirect:/runs/" + visit.run().name() + "/bans";
    }

    private static String subject(Ban ban) {
        Account account = ban.account();
        return account != null
                ? account.name()
                : "the key " + PeerId.parse(String.valueOf(ban.peer())).abbreviated();
    }
}
