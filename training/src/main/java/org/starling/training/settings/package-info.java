/**
 * Settings of a run as text: checked, completed with defaults, and the same on every peer.
 *
 * <p>A run's configuration travels through the swarm as a {@code Map<String, String>}. {@link
 * org.starling.training.settings.Settings} turns it into typed values and refuses what it does not know.
 */
@NullMarked
package org.starling.training.settings;

import org.jspecify.annotations.NullMarked;
