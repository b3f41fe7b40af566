package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.starling.swarm.membership.ProgressPolicy.Telling;
import org.starling.swarm.wire.proto.Progress;

class ProgressPolicyTest {
    private final Progress said = Progress.newBuilder()
            .setEpoch(7)
            .setStateDigest(ByteString.copyFromUtf8("seven"))
            .setSamples(100)
            .setSamplesPerSecond(10)
            .build();

    private Telling decide(Progress actual, boolean correctionDue, boolean signOfLifeDue) {
        return ProgressPolicy.decide(actual, said, 100, 5, correctionDue, signOfLifeDue);
    }

    @Test
    void whatTheOthersBelieveAnywayIsNotSaid() {
        assertThat(decide(said, true, false)).isEqualTo(Telling.NOT_NOW);
        assertThat(decide(said.toBuilder().setSamples(120).setTrainingLoss(3).build(), true, false))
                .isEqualTo(Telling.NOT_NOW);
    }

    @Test
    void anotherPositionIsSaidAtOnce() {
        assertThat(decide(said.toBuilder().setEpoch(6).build(), false, false)).isEqualTo(Telling.AT_ONCE);
        assertThat(decide(
                        said.toBuilder()
                                .setStateDigest(ByteString.copyFromUtf8("fork"))
                                .build(),
                        false,
                        false))
                .isEqualTo(Telling.AT_ONCE);
        assertThat(decide(
                        said.toBuilder().addServes(ByteString.copyFromUtf8("x")).build(), false, false))
                .isEqualTo(Telling.AT_ONCE);
    }

    @Test
    void aWrongEstimateIsCorrectedWhenThatIsDue() {
        Progress slower = said.toBuilder().setSamples(60).build();

        assertThat(decide(slower, false, false)).isEqualTo(Telling.NOT_NOW);
        assertThat(decide(slower, true, false)).isEqualTo(Telling.CALMLY);
        assertThat(decide(said.toBuilder().setSamplesPerSecond(5).build(), true, false))
                .isEqualTo(Telling.CALMLY);
        assertThat(decide(said.toBuilder().setOrderNumber(1).build(), true, false))
                .isEqualTo(Telling.CALMLY);
    }

    @Test
    void aSignOfLifeIsGivenInTime() {
        assertThat(decide(said, true, true)).isEqualTo(Telling.CALMLY);
    }
}
