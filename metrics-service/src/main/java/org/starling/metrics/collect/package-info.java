/** From what the node hears to what is stored: one queue, one thread. Start at {@link org.starling.metrics.collect.Collector}. */
@NullMarked
package org.starling.metrics.collect;

import org.jspecify.annotations.NullMarked;
