/** The signing key: made once, kept encrypted, published. */
@NullMarked
package org.starling.auth.authority;

import org.jspecify.annotations.NullMarked;
