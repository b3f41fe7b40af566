/**
 * Peers that come and go for minutes or days, over real sockets: whether they end in one state, and whether anything of those
 * that have gone is left. {@link org.starling.simulator.soak.Soak} is where to start reading.
 */
@NullMarked
package org.starling.simulator.soak;

import org.jspecify.annotations.NullMarked;
