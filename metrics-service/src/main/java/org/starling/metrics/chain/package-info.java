/** Which epoch records count: pure, with no database. Start at {@link org.starling.metrics.chain.Chain}. */
@NullMarked
package org.starling.metrics.chain;

import org.jspecify.annotations.NullMarked;
