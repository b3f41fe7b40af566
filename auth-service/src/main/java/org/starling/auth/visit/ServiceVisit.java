package org.starling.auth.visit;

import org.starling.auth.account.Account;

/** A visit of somebody who runs this service. */
public record ServiceVisit(Account operator) {}
