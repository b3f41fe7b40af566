/** What operators order the swarm to do, signed and numbered. */
@NullMarked
package org.starling.auth.order;

import org.jspecify.annotations.NullMarked;
