/**
 * Keeps what the swarm has learned: an auxiliary peer that fetches and verifies states, writes them as checkpoints, uploads
 * them to the Hub and takes the swarm back to one when an operator says so.
 *
 * <p>Start reading at {@link org.starling.checkpoint.keeper.CheckpointKeeper}. The packages, lowest first: {@code swarm}
 * (what is needed of a peer), {@code archive} (folders of files), {@code catalog} (the list in the database), {@code hub}
 * (upload), {@code keeper}, {@code rollback}, {@code web}.
 */
@NullMarked
package org.starling.checkpoint;

import org.jspecify.annotations.NullMarked;
