package org.starling.auth.page;

import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.account.Accounts;
import org.starling.auth.device.Machines;
import org.starling.auth.device.Machines.Machine;
import org.starling.auth.device.PeerCredentials;
import org.starling.auth.hub.HubAccount;
import org.starling.swarm.identity.PeerId;

/** For everybody: the machines that act in one's name. */
@Page
@RequestMapping("/machines")
class MachinesPage {

    private final Machines machines;
    private final PeerCredentials credentials;
    private final Accounts accounts;
    private final InstantSource clock;

    MachinesPage(Machines machines, PeerCredentials credentials, Accounts accounts, InstantSource clock) {
        this.machines = machines;
        this.credentials = credentials;
        this.accounts = accounts;
        this.clock = clock;
    }

    /** Times in words, or null. */
    record Row(
            Machine machine,
            @Nullable String lastUse,
            @Nullable String tokenUntil) {}

    @GetMapping
    String list(HubAccount person, Model model) {
        Instant now = clock.instant();
        model.addAttribute(
                "machines",
                machines.of(accounts.of(person)).stream()
                        .map(machine -> row(machine, now))
                        .toList());
        return "machines";
    }

    private static Row row(Machine machine, Instant now) {
        Instant lastUse = machine.lastUse();
        Instant tokenUntil = machine.tokenUntil();
        return new Row(
                machine,
                lastUse == null ? null : Ago.of(lastUse, now),
                tokenUntil == null || tokenUntil.isBefore(now) ? null : Ago.moment(tokenUntil));
    }

    @PostMapping("/{peer}/logout")
    @Form(on = "/machines")
    String logOut(@PathVariable("peer") String peer, HubAccount person, RedirectAttributes next) {
        PeerId id = PeerId.parse(peer);
        credentials.revoke(accounts.of(person), id);
        next.addFlashAttribute(
                "done",
                "The machine with the key " + id.abbreviated() + " is logged out. It gets no new token in your name.");
        return "redirect:/machines";
    }
}
