package org.starling.auth.visit;

import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** A visit of somebody who holds the office that the parameter's {@link As} names. */
public record OfficialVisit(Run run, Account visitor) {

    /** The path of a page of this run, such as {@code bans}. */
    public String page(String name) {
        return "/runs/" + run.name() + "/" + name;
    }
}
