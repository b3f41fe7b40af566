/**
 * How the named tensors of a model lie in one flat buffer of 32-bit floats.
 *
 * <p>Everything outside the model sees only the flat buffer: gradients, averaging, optimizer, digests, checkpoints.
 * {@link org.starling.training.tensor.TensorLayout} is the map between the two. Knows nothing but arrays.
 */
@NullMarked
package org.starling.training.tensor;

import org.jspecify.annotations.NullMarked;
