/**
 * A clock and a network of which nothing is real, for many peers in one thread: the production classes run on them as they do
 * on threads and sockets. Start at {@link org.starling.swarm.virtual.VirtualTime} and {@link
 * org.starling.swarm.virtual.VirtualNetwork}. The simulator and the tests of single faults use the same.
 */
@NullMarked
package org.starling.swarm.virtual;

import org.jspecify.annotations.NullMarked;
