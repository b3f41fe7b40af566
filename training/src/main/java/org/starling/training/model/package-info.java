/**
 * Networks, written with DJL's arrays as pure functions of their weights.
 *
 * <p>Knows no device, no data and no optimizer. {@link org.starling.training.model.Dalle} fits on a screen.
 */
@NullMarked
package org.starling.training.model;

import org.jspecify.annotations.NullMarked;
