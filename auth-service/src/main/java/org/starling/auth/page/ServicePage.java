package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.authority.Authority;
import org.starling.auth.authority.Authority.KeyState;
import org.starling.auth.operation.KeyRotation;
import org.starling.auth.visit.ServiceVisit;

/** For those who run this service: the authority's keys, and everything that was done. */
@Page
@RequestMapping("/service")
class ServicePage {

    private final Authority authority;
    private final KeyRotation rotation;
    private final AuditLog audit;

    ServicePage(Authority authority, KeyRotation rotation, AuditLog audit) {
        this.authority = authority;
        this.rotation = rotation;
        this.audit = audit;
    }

    record KeyRow(KeyState key, String made, @Nullable String retired) {}

    @GetMapping
    String show(
            @RequestParam(name = "after", required = false) @Nullable Long after,
            @RequestParam(name = "before", required = false) @Nullable Long before,
            ServiceVisit visit,
            Model model) {
        model.addAttribute(
                "keys", authority.states().stream().map(ServicePage::row).toList());
        Deeds.show(audit.read(null, Pager.part(after, before)), UriComponentsBuilder.fromPath("/service"), model);
        return "service";
    }

    private static KeyRow row(KeyState key) {
        return new KeyRow(
                key, Ago.moment(key.createdAt()), key.retiredAt() == null ? null : Ago.moment(key.retiredAt()));
    }

    @PostMapping("/keys")
    @Form(on = "/service")
    String rotate(ServiceVisit visit, RedirectAttributes next) {
        KeyState key = rotation.rotate(visit.operator());
        next.addFlashAttribute(
                "done", "The key " + key.keyId() + " signs from now on. Tokens of the one before stay good.");
        return "redirect:/service";
    }

    @PostMapping("/keys/{keyId}/revoke")
    @Form(on = "/service")
    String revoke(
            @PathVariable("keyId") String keyId,
            @RequestParam(name = "reason", required = false) @Nullable String reason,
            ServiceVisit visit,
            RedirectAttributes next) {
        rotation.revoke(visit.operator(), keyId, reason);
        next.addFlashAttribute("done", "Nothing counts any more that the key " + keyId + " has signed.");
        return "redirect:/service";
    }
}
