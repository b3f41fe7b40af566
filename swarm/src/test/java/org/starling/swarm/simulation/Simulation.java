package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.function.Consumer;

/** One run of a scenario. Confined to one thread. */
public final class Simulation {
    private final Options options;

    /**
     * @param seed from which all chance is drawn
     * @param peers in total, over all groups
     * @param length virtual time
     * @param progress told now and then how far the simulation is
     */
    public record Options(long seed, int peers, Duration length, Consumer<Progress> progress) {}

    /**
     * @param virtual time that has passed in the simulation
     * @param wall time that has passed outside
     * @param epoch of the heaviest chain
     * @param up peers that are running
     */
    public record Progress(Duration virtual, Duration wall, long epoch, int up) {}

    private Simulation(Options options) {
        this.options = options;
    }

    /** Runs a scenario to its end, or to the first invariant that fails. */
    public static SimulationResult run(Scenario scenario, Options options) {
        return new Simulation(options).run(scenario);
    }

    private SimulationResult run(Scenario scenario) {
        throw new UnsupportedOperationException("not yet: " + options + scenario);
    }
}
