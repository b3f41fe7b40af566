package org.starling.auth.page;

import org.starling.auth.account.Account;

/** A visit of somebody who runs this service. */
record ServiceVisit(Account operator) {}
