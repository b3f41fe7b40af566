/** Accounts, organizations and the tokens that stand for them, all from configuration. */
@NullMarked
package org.starling.hub.account;

import org.jspecify.annotations.NullMarked;
