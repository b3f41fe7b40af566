package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.starling.swarm.simulation.RandomSchedule.Edition;

/** Random schedules that found something, each with what it was; docs/simulation.md tells how it was mended. */
class FoundSeedsTest {
    /**
     * A liar claimed a million times its samples and made an epoch alone every 50 ms. While most of eight peers were away it was a
     * third of the accounts, and a trainer that had just come followed it.
     */
    @Test
    void nobodyRunsAheadWithSamplesThatCannotHaveBeenComputed() {
        assertHolds(Edition.FIRST, 41);
    }

    private static void assertHolds(Edition edition, long seed) {
        SimulationResult result = RandomSchedule.run(edition, seed);

        assertThat(result.violation())
                .as("seed %d of the edition %s", seed, edition)
                .isEmpty();
        assertThat(result.epochs()).isPositive();
    }
}
