package org.starling.auth.page;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.ban.Bans;
import org.starling.auth.companion.Contributions;
import org.starling.auth.companion.Contributions.Contribution;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.moderation.Participants;
import org.starling.auth.moderation.Participants.Key;
import org.starling.auth.moderation.Participants.Participant;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.swarm.identity.PeerId;

/** For moderators: who takes part, with which keys, and what they have done; and the door. */
@Page
@RequestMapping("/runs/{organisation}/{name}/accounts")
class AccountsPage {

    private final Accounts accounts;
    private final Participants participants;
    private final Contributions contributions;
    private final Bans bans;
    private final InstantSource clock;

    AccountsPage(
            Accounts accounts, Participants participants, Contributions contributions, Bans bans, InstantSource clock) {
        this.accounts = accounts;
        this.participants = participants;
        this.contributions = contributions;
        this.bans = bans;
        this.clock = clock;
    }

    /** @param contribution null if no metrics service tells */
    record Row(
            Participant account, String lastUse, @Nullable Contribution contribution) {}

    record KeyRow(Key key, String firstSeen, String lastUse, String goodUntil) {}

    @GetMapping
    String list(
            @As(Office.MODERATOR) OfficialVisit visit,
            @RequestParam(name = "beginning", defaultValue = "") String beginning,
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            Model model) {
        String wanted = beginning.strip();
        Excerpt<Participant> shown = participants.list(visit.run(), wanted, Pager.part(after, before));
        Map<String, Contribution> known = contributions.of(
                visit.run(), shown.items().stream().map(Participant::id).toList());
        model.addAttribute("accounts", shown.map(each -> row(each, known)).items());
        model.addAttribute("beginning", wanted);
        UriComponentsBuilder page = UriComponentsBuilder.fromPath(visit.page("accounts"));
        model.addAttribute("pager", Pager.of(shown, wanted.isEmpty() ? page : page.queryParam("beginning", wanted)));
        model.addAttribute("contributionsKnown", !known.isEmpty());
        return "accounts";
    }

    @GetMapping("/{account}")
    String one(@As(Office.MODERATOR) OfficialVisit visit, @PathVariable("account") String account, Model model) {
        Account wanted = accounts.require(account);
        Participant participant = participants
                .find(visit.run(), wanted)
                .orElseThrow(() -> Problem.notFound(
                        wanted.name() + " never asked to join " + visit.run().name()));
        Instant now = clock.instant();
        model.addAttribute("account", row(participant, contributions.of(visit.run(), List.of(participant.id()))));
        model.addAttribute("person", PersonView.of(wanted, now));
        model.addAttribute("ban", bans.find(visit.run(), wanted).orElse(null));
        model.addAttribute(
                "keys",
                participants.keys(visit.run(), wanted).stream()
                        .map(key -> new KeyRow(
                                key,
                                Ago.of(key.firstSeen(), now),
                                Ago.of(key.lastUse(), now),
                                Ago.moment(key.tokenUntil())))
                        .toList());
        return "account";
    }

    @PostMapping("/{account}/ban")
    @Form(on = "/runs/{organisation}/{name}/accounts/{account}")
    String ban(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("account") String account,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        Account banned = accounts.require(account);
        bans.ban(visit.run(), visit.visitor(), banned, reason);
        next.addFlashAttribute("done", banned.name() + " is banned. The swarm hears of it now.");
        return "redirect:/runs/" + visit.run().name() + "/accounts/" + banned.hubId();
    }

    @PostMapping("/{account}/keys/{peer}/ban")
    @Form(on = "/runs/{organisation}/{name}/accounts/{account}")
    String banKey(
            @As(Office.MODERATOR) OfficialVisit visit,
            @PathVariable("account") String account,
            @PathVariable("peer") String peer,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            RedirectAttributes next) {
        PeerId banned = PeerId.parse(peer);
        bans.ban(visit.run(), visit.visitor(), banned, reason);
        next.addFlashAttribute("done", "The key " + banned.abbreviated() + " is banned. The swarm hears of it now.");
        return "redirect:/runs/" + visit.run().name() + "/accounts/"
                + accounts.require(account).hubId();
    }

    private Row row(Participant participant, Map<String, Contribution> known) {
        Instant lastUse = participant.lastUse();
        return new Row(
                participant, lastUse == null ? "never" : Ago.of(lastUse, clock.instant()), known.get(participant.id()));
    }
}
