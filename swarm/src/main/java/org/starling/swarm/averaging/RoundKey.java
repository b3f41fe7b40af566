package org.starling.swarm.averaging;

import java.nio.ByteBuffer;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerId;

/**
 * What peers must have in common to average: the epoch that they have reached and the very state that they are in.
 *
 * @param epoch epochs committed so far
 * @param head id of the newest record of the chain, or the origin of the generation
 */
public record RoundKey(long generation, long epoch, Digest state, Digest head) {
    public static RoundKey of(org.starling.swarm.wire.proto.RoundKey message) {
        return new RoundKey(
                message.getGeneration(),
                message.getEpoch(),
                Digest.of(message.getStateDigest()),
                Digest.of(message.getHead()));
    }

    org.starling.swarm.wire.proto.RoundKey toMessage() {
        return org.starling.swarm.wire.proto.RoundKey.newBuilder()
                .setGeneration(generation)
                .setEpoch(epoch)
                .setStateDigest(state.toByteString())
                .setHead(head.toByteString())
                .build();
    }

    /** Everybody tries candidates for leader in the order of these: hash(round, peer). */
    public Digest rank(PeerId peer) {
        byte[] round =
                ByteBuffer.allocate(16).putLong(generation).putLong(epoch).array();
        return Digest.of(Hashes.sha256(round, state.toBytes(), peer.toBytes()));
    }

    @Override
    public String toString() {
        return "epoch " + (epoch + 1) + " of generation " + generation + " from state " + state.abbreviated();
    }
}
