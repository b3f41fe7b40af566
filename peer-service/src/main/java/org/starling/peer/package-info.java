/**
 * A volunteer's process: a peer of the swarm whose replica, gradients and pictures come from a training task. This is where
 * the libraries {@code swarm} and {@code training} meet; neither knows the other.
 *
 * <p>Three threads do the heavy work and share nothing but immutable {@link org.starling.peer.Parameters}: the {@link
 * org.starling.peer.Trainer} computes gradients, the swarm's worker steps the {@link org.starling.peer.TrainingReplica}, the
 * {@link org.starling.peer.Studio} validates and draws. Start reading at {@link org.starling.peer.PeerConfiguration}.
 */
@NullMarked
package org.starling.peer;

import org.jspecify.annotations.NullMarked;
