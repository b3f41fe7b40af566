/**
 * Taking the swarm back to a checkpoint: the auth service signs the order for an operator, this service serves the state and
 * hands the order to the swarm. Start at {@link org.starling.checkpoint.rollback.RollbackService}.
 */
@NullMarked
package org.starling.checkpoint.rollback;

import org.jspecify.annotations.NullMarked;
