/** Swarms of production nodes with small real replicas, in virtual time and over sockets. */
@NullMarked
package org.starling.swarm.testing;

import org.jspecify.annotations.NullMarked;
