/** What this service needs of a peer. Start at {@link org.starling.metrics.swarm.SwarmView}. */
@NullMarked
package org.starling.metrics.swarm;

import org.jspecify.annotations.NullMarked;
