package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;
import org.starling.auth.run.Office;
import org.starling.auth.run.Run;

/**
 * A run, as the head of its pages shows it.
 *
 * @param name {@code organisation/name}, also the end of the pages' path
 * @param paused why it is paused, or null
 * @param moderator whether the visitor moderates it
 * @param operator whether the visitor operates it
 */
record RunView(String name, String description, @Nullable String paused, boolean moderator, boolean operator) {

    static RunView of(Run run, @Nullable Account visitor) {
        return new RunView(
                run.name(),
                run.description(),
                run.paused(),
                visitor != null && run.hasOffice(visitor, Office.MODERATOR),
                visitor != null && run.hasOffice(visitor, Office.OPERATOR));
    }
}
