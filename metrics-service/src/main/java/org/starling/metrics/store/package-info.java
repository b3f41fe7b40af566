/**
 * What is kept of the run, in PostgreSQL. Start at {@link org.starling.metrics.store.ChainStore}; the rest is in {@link
 * org.starling.metrics.store.MetricsStore}.
 */
@NullMarked
package org.starling.metrics.store;

import org.jspecify.annotations.NullMarked;
