/** Who did what, when. Written with the deed, never changed. */
@NullMarked
package org.starling.auth.audit;

import org.jspecify.annotations.NullMarked;
