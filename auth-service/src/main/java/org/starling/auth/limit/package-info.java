/** How often one may ask. */
@NullMarked
package org.starling.auth.limit;

import org.jspecify.annotations.NullMarked;
