package org.starling.swarm.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunConfigurationTest {
    private static RunConfiguration of(String run, long targetBatchSize) {
        return new RunConfiguration(
                run, "toy", Map.of(), targetBatchSize, AveragingSettings.defaults(), MembershipSettings.defaults());
    }

    @Test
    void defaultsAreThoseOfTheDocumentation() {
        AveragingSettings averaging = AveragingSettings.defaults();
        assertThat(averaging.codec()).isEqualTo("blockwise8");
        assertThat(averaging.errorFeedback()).isFalse();
        assertThat(averaging.partElements()).isEqualTo(126_976);
        assertThat(averaging.matchmakingWindow()).isEqualTo(Duration.ofSeconds(3));
        assertThat(averaging.quorum(3)).isEqualTo(2);
        assertThat(averaging.quorum(4)).isEqualTo(3);
        assertThat(averaging.quorum(1)).isEqualTo(1);
        assertThat(averaging.quorum(2)).isEqualTo(2);
        assertThat(MembershipSettings.defaults().lifetime()).isEqualTo(Duration.ofSeconds(8));
    }

    @Test
    void whatCannotBeDoneIsRefusedByName() {
        assertThatThrownBy(() -> of("birds/emoji", 0))
                .isInstanceOf(InvalidRunConfigurationException.class)
                .hasMessage("The run's setting targetBatchSize is '0' but must be at least 1 sample");
        assertThatThrownBy(() -> of("no-slash", 1)).hasMessageContaining("organisation/name");
        assertThatThrownBy(() -> new MembershipSettings(Duration.ofSeconds(-1), Duration.ofSeconds(8), 3))
                .hasMessageContaining("membership.heartbeat");
        assertThatThrownBy(() -> new MembershipSettings(Duration.ofSeconds(5), Duration.ofSeconds(6), 3))
                .hasMessageContaining("two heartbeats");
        Duration second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new AveragingSettings("none", 0, 0, 0, second, second, second, 1, 2, 0, false))
                .hasMessageContaining("averaging.quorum");
        assertThatThrownBy(() -> new AveragingSettings("zip", 0, 0, 0, second, second, second, 2, 3, 0, false))
                .hasMessage("The run's setting averaging.codec is 'zip' but must be one of none, float16, uniform8,"
                        + " blockwise8, blockwise4, size-adaptive");
    }
}
