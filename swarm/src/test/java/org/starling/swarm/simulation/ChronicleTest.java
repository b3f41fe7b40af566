package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;

class ChronicleTest {
    @Test
    void anEpochFromWhichOthersHaveGoneOnCountsWhetherItIsFinalOrNot() {
        Chronicle chronicle = new Chronicle();
        EpochRecord first = record(1, Digest.ZERO);
        EpochRecord second = record(2, first.id());
        EpochRecord third = record(3, second.id());
        chronicle.add(first);
        chronicle.add(third);
        chronicle.addFollowed(second);
        chronicle.look(Map.of(third.id(), 3));

        assertThat(chronicle.heaviestChain()).containsExactly(third, second, first);
        assertThat(chronicle.unsigned()).containsExactly(second);

        assertThat(chronicle.add(second)).isTrue();
        assertThat(chronicle.add(second)).isFalse();
        assertThat(chronicle.unsigned()).isEmpty();
        assertThat(chronicle.heaviestChain()).hasSize(3);
    }

    private static EpochRecord record(long epoch, Digest parent) {
        return EpochRecord.of(EpochRecordBody.newBuilder()
                .setRun("test/run")
                .setEpoch(epoch)
                .setParent(parent.toByteString())
                .setStateBefore(Digest.ZERO.toByteString())
                .setStateAfter(parent.toByteString())
                .setGradientDigest(Digest.ZERO.toByteString())
                .addMembers(Contribution.newBuilder()
                        .setPublicKey(ByteString.copyFrom(new byte[Ed25519.PUBLIC_KEY_BYTES]))
                        .setSamples(1))
                .build());
    }
}
