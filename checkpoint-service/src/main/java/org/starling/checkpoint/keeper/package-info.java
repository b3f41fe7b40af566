/**
 * When a checkpoint is due, and what is done with it then; what is taken up again after a restart. Start at {@link
 * org.starling.checkpoint.keeper.CheckpointKeeper}.
 */
@NullMarked
package org.starling.checkpoint.keeper;

import org.jspecify.annotations.NullMarked;
