/** Who comes to which run, and whether they may: what controllers take as an argument. Start at {@link Visits}. */
@NullMarked
package org.starling.auth.visit;

import org.jspecify.annotations.NullMarked;
