/** A swarm in memory that says what a test wants to hear. */
@NullMarked
package org.starling.metrics.testing;

import org.jspecify.annotations.NullMarked;
