package org.starling.swarm.membership;

import com.google.protobuf.ByteString;

/**
 * Where an epoch record says that its members stand: in the state that the epoch led to, with no samples yet.
 *
 * @param epoch epochs committed
 * @param sinceNanos when they began to accumulate for the next epoch, by this peer's monotonic clock
 */
public record Standing(long generation, long epoch, ByteString stateDigest, long sinceNanos) {
    boolean isLaterThan(Standing other) {
        return generation != other.generation ? generation > other.generation : epoch > other.epoch;
    }
}
