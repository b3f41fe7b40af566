/** SHA-256 and the 32-byte names that it gives to states, gradients and records. The lowest package. */
@NullMarked
package org.starling.swarm.digest;

import org.jspecify.annotations.NullMarked;
