/**
 * The same scenario with real processes, sockets and TLS on this machine, to see that the simulator tells the truth. Start
 * at {@link org.starling.simulator.real.RealSwarm}.
 */
@NullMarked
package org.starling.simulator.real;

import org.jspecify.annotations.NullMarked;
