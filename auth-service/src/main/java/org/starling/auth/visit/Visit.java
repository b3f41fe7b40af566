package org.starling.auth.visit;

import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/**
 * Who comes to which run.
 *
 * @param visitor null for somebody who has not logged in
 */
public record Visit(Run run, @Nullable Account visitor) {}
