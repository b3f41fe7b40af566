/** A swarm in virtual time: the production classes on a simulated clock and network, with small real replicas. */
@NullMarked
package org.starling.swarm.testing;

import org.jspecify.annotations.NullMarked;
