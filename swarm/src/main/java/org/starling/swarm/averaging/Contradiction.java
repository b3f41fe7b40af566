package org.starling.swarm.averaging;

import java.time.Instant;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.wire.proto.ContradictionMessage;

/**
 * Two signed averages of one part of one round: the proof, for anybody who knows nothing of the round, that their root has told
 * different members different things. Only the root's key can make it. Immutable and verified.
 *
 * @param offender who has signed both
 * @param startedAt when the round started
 */
public record Contradiction(PeerId offender, Instant startedAt, ContradictionMessage message) {
    static Contradiction of(Group group, SignedAverage one, SignedAverage other) {
        return verify(ContradictionMessage.newBuilder()
                .setPublicKey(group.participant(one.root()).publicKey())
                .setManifestHash(group.hash().toByteString())
                .setStartedAtMillis(group.startedAt().toEpochMilli())
                .setPart(one.part())
                .setFirstHash(one.hash().toByteString())
                .setFirstSignature(one.signature())
                .setSecondHash(other.hash().toByteString())
                .setSecondSignature(other.signature())
                .build());
    }

    /** The peer that a message accuses, not verified yet. */
    public static PeerId accused(ContradictionMessage message) {
        return PeerId.ofPublicKey(message.getPublicKey().toByteArray());
    }

    /** @throws IllegalArgumentException if the message proves nothing */
    public static Contradiction verify(ContradictionMessage message) {
        Digest first = Digest.of(message.getFirstHash());
        Digest second = Digest.of(message.getSecondHash());
        if (message.getPublicKey().size() != Ed25519.PUBLIC_KEY_BYTES
                || first.equals(second)
                || !isSigned(message, first, message.getFirstSignature().toByteArray())
                || !isSigned(message, second, message.getSecondSignature().toByteArray())) {
            throw new IllegalArgumentException("a contradiction that is none");
        }
        return new Contradiction(accused(message), Instant.ofEpochMilli(message.getStartedAtMillis()), message);
    }

    private static boolean isSigned(ContradictionMessage message, Digest hash, byte[] signature) {
        return Ed25519.verify(
                message.getPublicKey().toByteArray(),
                SignedAverage.signedBytes(
                        Digest.of(message.getManifestHash()), message.getStartedAtMillis(), message.getPart(), hash),
                signature);
    }
}
