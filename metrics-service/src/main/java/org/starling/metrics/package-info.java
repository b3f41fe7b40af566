/**
 * Shows what is happening in a run: an auxiliary peer that hears epoch records and progress, stores them and serves the
 * dashboard and the figures behind it.
 *
 * <p>Start reading at {@link org.starling.metrics.collect.Collector}. The packages, lowest first: {@code chain} (which
 * records count), {@code store} (the database), {@code swarm} (what is needed of a peer), {@code gallery}, {@code collect},
 * {@code web}.
 */
@NullMarked
package org.starling.metrics;

import org.jspecify.annotations.NullMarked;
