package org.starling.auth.page;

import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** A visit of somebody who holds the office that the parameter's {@link As} names. */
record OfficialVisit(Run run, Account visitor) {

    /** @param page of this run, such as {@code bans} */
    UriComponentsBuilder page(String page) {
        return UriComponentsBuilder.fromPath("/runs/" + run.name() + "/" + page);
    }

    /** @param page of this run, such as {@code bans} */
    String redirect(String page) {
        return "redirect:/runs/" + run.name() + "/" + page;
    }
}
