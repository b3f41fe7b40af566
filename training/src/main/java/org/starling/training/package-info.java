/**
 * What a peer trains, and how one step is taken, with no idea of a network: tasks, models, optimizers, datasets and
 * checkpoint files.
 *
 * <p>Start reading at {@link org.starling.training.task.TrainingTask}. The packages, lowest first: {@code settings},
 * {@code tensor}, {@code optimizer}, {@code checkpoint}, {@code data}, {@code backend}, {@code model}, {@code task}.
 */
@NullMarked
package org.starling.training;

import org.jspecify.annotations.NullMarked;
