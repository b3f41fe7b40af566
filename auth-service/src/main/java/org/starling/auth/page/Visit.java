package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/**
 * Who looks at which run. A page method that takes one has the run's head in its model, too.
 *
 * @param visitor null for somebody who has not logged in
 */
record Visit(Run run, @Nullable Account visitor) {}
