/** The runs, what their peers agree on, and who holds an office in them. */
@NullMarked
package org.starling.auth.run;

import org.jspecify.annotations.NullMarked;
