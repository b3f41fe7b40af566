/** {@code ./starling bench tokens}: what a credential costs those who verify it and those who issue it. */
@NullMarked
package org.starling.benchmarks.tokens;

import org.jspecify.annotations.NullMarked;
