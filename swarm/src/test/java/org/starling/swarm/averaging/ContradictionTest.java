package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.ContradictionMessage;

class ContradictionTest {
    private static final PeerIdentity LIAR = PeerIdentity.ofSeed(Hashes.sha256("liar".getBytes()));
    private static final PeerIdentity OTHER = PeerIdentity.ofSeed(Hashes.sha256("other".getBytes()));
    private static final Digest MANIFEST = digest("manifest");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void twoSignaturesForDifferentAveragesOfAPartProveWhoHasLiedAndWhen() {
        Contradiction proof = Contradiction.verify(proof());

        assertThat(proof.offender()).isEqualTo(LIAR.id());
        assertThat(proof.startedAt()).isEqualTo(START);
    }

    static Stream<UnaryOperator<ContradictionMessage.Builder>> changes() {
        return Stream.of(
                m -> m.setPart(4),
                m -> m.setStartedAtMillis(START.toEpochMilli() + 1),
                m -> m.setManifestHash(digest("another manifest").toByteString()),
                m -> m.setPublicKey(ByteString.copyFrom(OTHER.publicKey())),
                m -> m.setPublicKey(ByteString.EMPTY),
                m -> m.setSecondHash(digest("third").toByteString()),
                m -> m.setFirstHash(ByteString.copyFromUtf8("short")),
                m -> m.setFirstSignature(m.getSecondSignature()),
                m -> m.clearSecondSignature(),
                // the same statement twice is no contradiction
                m -> m.setSecondHash(m.getFirstHash()).setSecondSignature(m.getFirstSignature()));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void whatIsChangedProvesNothing(UnaryOperator<ContradictionMessage.Builder> change) {
        ContradictionMessage changed = change.apply(proof().toBuilder()).build();

        assertThatThrownBy(() -> Contradiction.verify(changed)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ContradictionMessage proof() {
        return ContradictionMessage.newBuilder()
                .setPublicKey(ByteString.copyFrom(LIAR.publicKey()))
                .setManifestHash(MANIFEST.toByteString())
                .setStartedAtMillis(START.toEpochMilli())
                .setPart(3)
                .setFirstHash(digest("first").toByteString())
                .setFirstSignature(signed(digest("first")))
                .setSecondHash(digest("second").toByteString())
                .setSecondSignature(signed(digest("second")))
                .build();
    }

    private static ByteString signed(Digest hash) {
        return ByteString.copyFrom(LIAR.sign(SignedAverage.signedBytes(MANIFEST, START.toEpochMilli(), 3, hash)));
    }

    private static Digest digest(String name) {
        return Digest.of(Hashes.sha256(name.getBytes()));
    }
}
