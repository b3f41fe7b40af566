package org.starling.auth.visit;

import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** A visit of somebody who is logged in. */
public record PersonalVisit(Run run, Account visitor) {}
