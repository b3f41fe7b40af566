/** Pictures of inference peers, checked before anybody sees them. Start at {@link org.starling.metrics.gallery.PngCheck}. */
@NullMarked
package org.starling.metrics.gallery;

import org.jspecify.annotations.NullMarked;
