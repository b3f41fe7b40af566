package org.starling.metrics.chain;

import org.starling.swarm.digest.Digest;

/**
 * An epoch record as far as the order of records goes.
 *
 * @param id of the record
 * @param totalSamples of its chain up to and with it
 */
public record Link(
        Digest id,
        long generation,
        long epoch,
        Digest parent,
        long samples,
        long totalSamples,
        Digest stateBefore,
        Digest stateAfter) {}
