/** Long lists in parts: which part is asked for, what it has, and how to ask for the parts beside it. */
@NullMarked
package org.starling.auth.excerpt;

import org.jspecify.annotations.NullMarked;
