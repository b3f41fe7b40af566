package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;

class UndecidedRoundsTest {
    private static final String RUN = "test/run";
    private static final ByteString GROUP = ByteString.copyFromUtf8("sixteen letters.");

    private final PeerIdentity self = PeerIdentity.create();
    private final Ledger ledger = new Ledger(
            new TokenVerifier(new TestAuthority(RUN)::trusted, RUN, () -> Instant.EPOCH),
            members -> members,
            () -> new SampleLimits(1000, 1000),
            peer -> Optional.empty(),
            () -> Instant.EPOCH);
    private final UndecidedRounds undecided = new UndecidedRounds(ledger, self.id());
    private final EpochRecord record = EpochRecord.of(EpochRecordBody.newBuilder()
            .setRun(RUN)
            .setEpoch(1)
            .setParent(Digest.ZERO.toByteString())
            .setStateBefore(Digest.ZERO.toByteString())
            .setStateAfter(Digest.ZERO.toByteString())
            .setGradientDigest(Digest.ZERO.toByteString())
            .setGroupId(GROUP)
            .setTotalSamples(54)
            .addMembers(Contribution.newBuilder()
                    .setPublicKey(ByteString.copyFrom(self.publicKey()))
                    .setAccountId("own")
                    .setSamples(54))
            .build());

    @BeforeEach
    void theOthersHaveCommittedIt() {
        ledger.keep(record);
        undecided.add(GROUP, Digest.ZERO);
    }

    @Test
    void aGradientThatIsHeldWasSpentIfTheOthersCommittedTheRound() {
        assertThat(undecided.spentSamples(Position.after(record))).isEqualTo(54);
        assertThat(undecided.recoverSamples(Position.after(record))).isZero();
    }

    /** Found by seed 237: the samples counted as lost in the next round and were credited for the one before. */
    @Test
    void samplesThatWereLostInTheNextRoundAreFoundInTheOneThatTheOthersCommitted() {
        undecided.lose();

        assertThat(undecided.spentSamples(Position.after(record))).isZero();
        assertThat(undecided.recoverSamples(Position.after(record))).isEqualTo(54);
    }

    @Test
    void anEpochWhoseGroupHadTheSameIdIsAnother() {
        undecided.clear();
        undecided.add(GROUP, record.id());

        assertThat(undecided.spentSamples(Position.after(record))).isZero();
        undecided.lose();
        assertThat(undecided.recoverSamples(Position.after(record))).isZero();
    }

    @Test
    void nothingIsFoundOnceTheGradientWasUsed() {
        undecided.clear();

        assertThat(undecided.spentSamples(Position.after(record))).isZero();
        assertThat(undecided.recoverSamples(Position.after(record))).isZero();
    }

    @Test
    void whatWasLostIsRecoveredOnce() {
        undecided.lose();
        undecided.recoverSamples(Position.after(record));

        assertThat(undecided.recoverSamples(Position.after(record))).isZero();
    }
}
