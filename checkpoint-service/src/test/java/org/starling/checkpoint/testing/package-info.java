/** Small real implementations of what the service stands on. */
@NullMarked
package org.starling.checkpoint.testing;

import org.jspecify.annotations.NullMarked;
