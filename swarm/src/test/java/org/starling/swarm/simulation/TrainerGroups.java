package org.starling.swarm.simulation;

import org.jspecify.annotations.Nullable;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;

/** Groups of trainers that differ in nothing but when they join and what they lie about. */
final class TrainerGroups {
    private TrainerGroups() {}

    /** @param joins seconds after the start */
    static PeerGroup trainers(String name, int number, double joins, @Nullable Lie lie) {
        return trainers(name, number, "north", 10, joins, lie);
    }

    /**
     * @param speed samples a second
     * @param joins seconds after the start
     */
    static PeerGroup trainers(String name, int number, String region, double speed, double joins, @Nullable Lie lie) {
        return new PeerGroup(
                name,
                number,
                Role.TRAINER,
                region,
                Range.of(speed),
                Range.of(2e6),
                Range.of(1e7),
                1,
                Range.of(1),
                Range.of(0),
                Range.of(joins),
                null,
                lie);
    }
}
