package org.starling.swarm.ledger;

import org.starling.swarm.digest.Digest;

/**
 * Names a state of the swarm.
 *
 * @param epoch epochs that were committed to reach it
 * @param samples samples of all peers that were committed to reach it
 * @param digest what the state's bytes hash to
 */
public record StateReference(long epoch, long samples, Digest digest) {
    public StateReference {
        if (epoch < 0 || samples < 0) {
            throw new IllegalArgumentException(
                    "A state has a non-negative epoch and sample count, not " + epoch + ", " + samples);
        }
    }
}
