/** Tokens for the peers of approved accounts, bound to their keys. */
@NullMarked
package org.starling.auth.credential;

import org.jspecify.annotations.NullMarked;
