package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starling.swarm.averaging.Deadline;

class SwarmMetersTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final SwarmMeters meters = new SwarmMeters(() -> {
        throw new IllegalStateException("nobody asks for the node's status");
    });

    private DistributionSummary summary(Deadline deadline) {
        return registry.get("starling.deadline.used")
                .tag("deadline", deadline.name().toLowerCase(Locale.ROOT))
                .summary();
    }

    @ParameterizedTest
    @EnumSource(Deadline.class)
    void everyDeadlineHasAMeterOfItsOwn(Deadline deadline) {
        meters.bindTo(registry);

        meters.deadlineUsed(deadline, Duration.ofMillis(250), Duration.ofSeconds(1));
        meters.deadlineUsed(deadline, Duration.ofMillis(1500), Duration.ofSeconds(1));

        assertThat(summary(deadline).count()).isEqualTo(2);
        assertThat(summary(deadline).max()).isEqualTo(1.5);
        assertThat(summary(deadline).mean()).isEqualTo(0.875);
        for (Deadline other : Deadline.values()) {
            assertThat(summary(other).count()).isEqualTo(other == deadline ? 2 : 0);
        }
    }

    @Test
    void whatHappensBeforeThereIsARegistryIsNoError() {
        meters.deadlineUsed(Deadline.PART, Duration.ofSeconds(1), Duration.ofSeconds(1));

        meters.bindTo(registry);

        assertThat(summary(Deadline.PART).count()).isZero();
    }
}
