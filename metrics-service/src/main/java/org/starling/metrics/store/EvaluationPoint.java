package org.starling.metrics.store;

/** A validation. @param loss nats per target token */
public record EvaluationPoint(long generation, long epoch, double loss, long samples) {}
