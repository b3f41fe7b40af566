/**
 * Forward and backward passes: flat parameters in, a flat sum of gradients out.
 *
 * <p>{@link org.starling.training.backend.Backend} is all that the rest of the system knows. Behind it is DJL with the
 * PyTorch engine; this is the only package that knows about devices, native libraries and their threads.
 */
@NullMarked
package org.starling.training.backend;

import org.jspecify.annotations.NullMarked;
