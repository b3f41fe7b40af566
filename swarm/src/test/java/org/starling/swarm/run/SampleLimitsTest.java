package org.starling.swarm.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SampleLimitsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final SampleLimits limits = new SampleLimits(50, 1000);

    @Test
    void aPeerBringsToAnEpochWhatItComputesInTenMinutesAtMost() {
        assertThat(limits.mostSamples()).isEqualTo(30_000);
        assertThat(limits.arePossible(0)).isTrue();
        assertThat(limits.arePossible(30_000)).isTrue();
        assertThat(limits.arePossible(30_001)).isFalse();
        assertThat(limits.arePossible(-1)).isFalse();
    }

    @Test
    void aPeerIsAsFastAsTheRunSaysAtMost() {
        assertThat(limits.isPossibleSpeed(50)).isTrue();
        assertThat(limits.isPossibleSpeed(50.1)).isFalse();
        assertThat(limits.isPossibleSpeed(-1)).isFalse();
        assertThat(limits.isPossibleSpeed(Double.NaN)).isFalse();
    }

    @Test
    void anEpochTakesItsMembersAtLeastTheTimeThatItsSamplesTake() {
        assertThat(limits.shortestEpoch(1)).isEqualTo(Duration.ofSeconds(20));
        assertThat(limits.shortestEpoch(10)).isEqualTo(Duration.ofSeconds(2));
        assertThat(limits.earliestStart(Optional.of(START), 10)).isEqualTo(START.plusSeconds(2));
        assertThat(limits.earliestStart(Optional.empty(), 10)).isEqualTo(Instant.MIN);
    }

    @Test
    void whatPeersBringAtMostIsNeverNothing() {
        assertThat(new SampleLimits(1e-9, 1).mostSamples()).isEqualTo(1);
    }

    @Test
    void aRunBoundsItsPeersToAnEpochASecondUnlessItSaysOtherwise() {
        RunConfiguration run = new RunConfiguration(
                "org/run",
                "task",
                java.util.Map.of(),
                512,
                AveragingSettings.defaults(),
                MembershipSettings.defaults());

        assertThat(run.limits()).isEqualTo(new SampleLimits(512, 512));
    }
}
