/**
 * The optimizer step and the state that it changes: strict Java, bit for bit the same on every platform.
 *
 * <p>Replicas never drift because nothing here depends on the machine: floats are IEEE 754 since Java 17 (JEP 306),
 * sums run in one fixed order, and functions that may differ by platform come from {@link StrictMath} or are not used.
 * Start reading at {@link org.starling.training.optimizer.TrainingState} and {@link
 * org.starling.training.optimizer.Lamb}.
 */
@NullMarked
package org.starling.training.optimizer;

import org.jspecify.annotations.NullMarked;
