/**
 * A whole peer: everything below put together. What is trained and how is not known here, only that there is a {@link
 * org.starling.swarm.node.Replica} and perhaps a {@link org.starling.swarm.node.GradientSource}. Start at {@link
 * org.starling.swarm.node.SwarmNode}.
 */
@NullMarked
package org.starling.swarm.node;

import org.jspecify.annotations.NullMarked;
