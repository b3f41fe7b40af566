/** Training. */
@NullMarked
package org.starling.training;

import org.jspecify.annotations.NullMarked;
