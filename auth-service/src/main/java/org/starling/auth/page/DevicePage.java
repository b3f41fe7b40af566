package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.admission.Admissions;
import org.starling.auth.device.DeviceGrant;
import org.starling.auth.device.DeviceGrants;
import org.starling.auth.device.UserCode;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.limit.ClientAddress;

/**
 * {@code /device}: a person enters the code that their machine shows, sees what they are about to allow, and decides
 * (RFC 8628, section 3.3).
 */
@Page
class DevicePage {

    private final DeviceGrants grants;
    private final Accounts accounts;
    private final Admissions admissions;
    private final CodeGuesses guesses;
    private final RequestCache visited;
    private final InstantSource clock;

    DevicePage(
            DeviceGrants grants,
            Accounts accounts,
            Admissions admissions,
            CodeGuesses guesses,
            RequestCache visited,
            InstantSource clock) {
        this.grants = grants;
        this.accounts = accounts;
        this.admissions = admissions;
        this.guesses = guesses;
        this.visited = visited;
        this.clock = clock;
    }

    @GetMapping("/device")
    String ask(
            @RequestParam(name = "user_code", required = false) @Nullable String typed,
            @Nullable HubAccount person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        if (typed == null || typed.isBlank()) {
            return "device-code";
        }
        model.addAttribute("typed", typed);
        if (person == null) {
            // Nobody learns before a login whether a code is good, and after it the person is here again.
            visited.saveRequest(request, response);
            return "device-login";
        }
        Optional<DeviceGrant> waiting = find(typed, person);
        if (waiting.isEmpty()) {
            model.addAttribute("unknown", true);
            return "device-code";
        }
        DeviceGrant grant = waiting.get();
        model.addAttribute("grant", grant);
        model.addAttribute("asked", Ago.of(grant.createdAt(), clock.instant()));
        model.addAttribute("ownAddress", ClientAddress.of(request));
        return "device-confirm";
    }

    @PostMapping("/device")
    String decide(
            @RequestParam("user_code") String typed,
            @RequestParam("answer") String answer,
            HubAccount person,
            Model model) {
        if (!answer.equals("yes") && !answer.equals("no")) {
            throw Problem.badRequest("answer must be yes or no, not '" + answer + "'");
        }
        boolean allowed = answer.equals("yes");
        Account account = accounts.of(person);
        Optional<DeviceGrant> decided =
                find(typed, person).flatMap(waiting -> grants.decide(waiting.userCode(), account, allowed));
        if (decided.isEmpty()) {
            model.addAttribute("typed", typed);
            model.addAttribute("unknown", true);
            return "device-code";
        }
        model.addAttribute("grant", decided.get());
        if (!allowed) {
            return "device-denied";
        }
        model.addAttribute("request", admissions.ask(decided.get().run(), account));
        return "device-allowed";
    }

    private Optional<DeviceGrant> find(String typed, HubAccount person) {
        return guesses.guess(person.id(), () -> UserCode.parse(typed).flatMap(grants::findWaiting));
    }
}
