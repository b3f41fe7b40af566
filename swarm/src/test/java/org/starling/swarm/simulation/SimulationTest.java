package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulationTest {
    private static final int SCHEDULES = Integer.getInteger("starling.simulation.schedules", 300);

    private static final long FIRST_SEED = Long.getLong("starling.simulation.seed", 1);

    @ParameterizedTest
    @ValueSource(longs = {3, 19})
    void theSameSeedGivesTheSameRunEventForEvent(long seed) {
        SimulationResult first = RandomSchedule.run(seed);
        SimulationResult second = RandomSchedule.run(seed);

        assertThat(first.events()).isGreaterThan(10_000);
        assertThat(second.eventHash()).isEqualTo(first.eventHash());
        assertThat(second.events()).isEqualTo(first.events());
        assertThat(RandomSchedule.run(seed + 1).eventHash()).isNotEqualTo(first.eventHash());
    }

    /** More of them: {@code -Dstarling.simulation.schedules=10000 -Dstarling.simulation.seed=1}. */
    @Test
    void theInvariantsHoldInRandomSchedules() {
        List<String> violations = Collections.synchronizedList(new ArrayList<>());

        LongStream.range(FIRST_SEED, FIRST_SEED + SCHEDULES).parallel().forEach(seed -> {
            SimulationResult result = RandomSchedule.run(seed);
            result.violation().ifPresent(v -> violations.add("seed " + seed + ": " + v.invariant() + ": " + v.what()));
            if (!addsUp(result.samples())) {
                violations.add("seed " + seed + ": not every sample is accounted for: " + result.samples());
            }
        });

        System.out.printf("%d random schedules, seeds %d to %d%n", SCHEDULES, FIRST_SEED, FIRST_SEED + SCHEDULES - 1);
        assertThat(violations)
                .as(
                        "seeds %d to %d; repeat one with ./starling simulate --schedules 1 --from-seed SEED",
                        FIRST_SEED, FIRST_SEED + SCHEDULES - 1)
                .isEmpty();
    }

    private static boolean addsUp(SimulationResult.Samples samples) {
        long lost = samples.lost().values().stream().mapToLong(Long::longValue).sum();
        return samples.computed() == samples.committed() + samples.pending() + lost
                && samples.pending() >= 0
                && samples.lost().values().stream().allMatch(count -> count >= 0);
    }
}
