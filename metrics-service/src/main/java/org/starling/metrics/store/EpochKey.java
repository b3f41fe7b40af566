package org.starling.metrics.store;

/** Names an epoch; a fork has several records under one key. */
public record EpochKey(long generation, long epoch) {}
