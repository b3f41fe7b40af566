/**
 * The state of a replica as bytes: its digest, how it is served and how it is downloaded from several peers at once with
 * every chunk verified. Start at {@link org.starling.swarm.state.StateDescription}.
 */
@NullMarked
package org.starling.swarm.state;

import org.jspecify.annotations.NullMarked;
