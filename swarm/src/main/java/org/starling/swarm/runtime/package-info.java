/**
 * Time and threads, behind one narrow interface, so that the protocol can run in virtual time. A peer's protocol state is
 * confined to one thread; heavy work happens elsewhere and reports back. Start at {@link
 * org.starling.swarm.runtime.Scheduler}. Beside it stand the few tools that all packages share.
 */
@NullMarked
package org.starling.swarm.runtime;

import org.jspecify.annotations.NullMarked;
