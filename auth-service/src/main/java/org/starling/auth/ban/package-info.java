/** Whom the moderators have shut out, and the orders that say so to the swarm. */
@NullMarked
package org.starling.auth.ban;

import org.jspecify.annotations.NullMarked;
