/**
 * What the authority orders: statements with a monotonic number, signed by the auth service, handed to any one peer and
 * spread by the swarm itself. Start at {@link org.starling.swarm.orders.SignedOrder}.
 */
@NullMarked
package org.starling.swarm.orders;

import org.jspecify.annotations.NullMarked;
