package org.starling.auth.page;

import org.springframework.ui.Model;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.audit.AuditLog.Deed;
import org.starling.auth.excerpt.Excerpt;

/** What was done, as pages show it. */
final class Deeds {

    private Deeds() {}

    /** @param when in words */
    record Row(Deed deed, String when) {}

    static void show(Excerpt<Deed> deeds, UriComponentsBuilder page, Model model) {
        model.addAttribute(
                "deeds", deeds.map(deed -> new Row(deed, Ago.moment(deed.at()))).items());
        model.addAttribute("pager", Pager.of(deeds, page));
    }
}
