/**
 * A task is what a run's author brings: model, data, loss and sampling behind one interface.
 *
 * <p>Trainer, averager and optimizer know only {@link org.starling.training.task.TrainingTask}. A run's configuration
 * chooses a task by name through {@link org.starling.training.task.TrainingTasks}; further ones are found as services
 * of type {@link org.starling.training.task.TrainingTaskProvider}. The built-in ones are {@code text-to-image} and, for
 * trying things out without an engine, {@code toy}.
 */
@NullMarked
package org.starling.training.task;

import org.jspecify.annotations.NullMarked;
