/** What this service needs of a peer, and nothing more. Start at {@link org.starling.checkpoint.swarm.SwarmAccess}. */
@NullMarked
package org.starling.checkpoint.swarm;

import org.jspecify.annotations.NullMarked;
