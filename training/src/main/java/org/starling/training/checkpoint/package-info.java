/**
 * Checkpoints as files that other tools read: safetensors, a JSON of the run, a model card.
 *
 * <p>Start reading at {@link org.starling.training.checkpoint.CheckpointFiles}. Knows states and layouts, no model and
 * no engine; nothing it reads is executable.
 */
@NullMarked
package org.starling.training.checkpoint;

import org.jspecify.annotations.NullMarked;
