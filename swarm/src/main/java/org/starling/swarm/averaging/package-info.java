/**
 * How peers of one epoch meet and average their gradients: progress, matchmaking, partition and load balancing, the
 * butterfly all-reduce in parts, and the vote that commits or voids a round. Nothing is applied here: a round ends with one
 * staged average that a quorum agreed on, or with nothing. Start at {@link org.starling.swarm.averaging.Round}.
 */
@NullMarked
package org.starling.swarm.averaging;

import org.jspecify.annotations.NullMarked;
