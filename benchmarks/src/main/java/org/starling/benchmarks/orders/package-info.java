/** {@code ./starling bench ban}: how soon a swarm obeys. */
@NullMarked
package org.starling.benchmarks.orders;

import org.jspecify.annotations.NullMarked;
