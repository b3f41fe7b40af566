/**
 * Who is there. Every peer signs short statements about itself: how to reach it and by what right it takes part, and how
 * far it is. Statements have a sequence number and a lifetime; they spread by push-pull gossip with random partners.
 * Nobody can speak for another or evict one; a liar can only withhold, and anti-entropy defeats that. Start at {@link
 * org.starling.swarm.membership.PeerDirectory}.
 */
@NullMarked
package org.starling.swarm.membership;

import org.jspecify.annotations.NullMarked;
