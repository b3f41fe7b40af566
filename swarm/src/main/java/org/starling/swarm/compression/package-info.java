/**
 * How floats travel: codecs between {@code float[]} and bytes, each with its error bound. Pure functions, strict floating
 * point, the same bytes on every platform. Start at {@link org.starling.swarm.compression.Codec}.
 */
@NullMarked
package org.starling.swarm.compression;

import org.jspecify.annotations.NullMarked;
