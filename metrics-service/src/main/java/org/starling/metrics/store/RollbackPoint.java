package org.starling.metrics.store;

import java.time.Instant;

/**
 * An order that took the swarm back.
 *
 * @param number of the order
 * @param generation that began
 * @param epoch of the state that it went back to
 */
public record RollbackPoint(
        long number, long generation, long epoch, long samples, String stateDigest, Instant ordered) {}
