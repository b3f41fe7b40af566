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
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.account.Account;
import org.starling.auth.ban.Ban;
import org.starling.auth.ban.Bans;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.swarm.identity.PeerId;

/** For moderators: who is banned, and the way back. */
@Page
@RequestMapping("/runs/{organisation}/{name}/bans")
class BansPage {

    private final Bans bans;
    private final InstantSource clock;

    BansPage(Bans bans, InstantSource clock) {
        this.bans = bans;
        this.clock = clock;
    }

    record Row(Ban ban, String since) {}

    @GetMapping
    String list(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            Model model) {
        Excerpt<Ban> shown = bans.list(visit.run(), visit.visitor(), Pager.part(after, before));
        model.addAttribute(
                "bans",
                shown.map(ban -> new Row(ban, Ago.of(ban.bannedAt(), clock.instant())))
                        .items());
        model.addAttribute("pager", Pager.of(shown, UriComponentsBuilder.fromPath(visit.page("bans"))));
        return "bans";
    }

    @PostMapping("/{id}/lift")
    @Form(on = "/runs/{organisation}/{name}/bans")
    String lift(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("id") long id,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        Ban ban = bans.lift(visit.run(), id, visit.visitor(), reason);
        next.addFlashAttribute("done", "The ban of " + subject(ban) + " is lifted. The swarm hears of it now.");
        return "redirect:" + visit.page("bans");
    }

    private static String subject(Ban ban) {
        Account account = ban.account();
        return account != null
                ? account.name()
                : "the key " + PeerId.parse(String.valueOf(ban.peer())).abbreviated();
    }
}
