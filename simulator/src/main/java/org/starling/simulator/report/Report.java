package org.starling.simulator.report;

import java.time.Duration;
import org.starling.swarm.simulation.SimulationResult;

/**
 * What is told of a simulation.
 *
 * @param source the shipped scenario or the file that was run
 * @param command that repeats the run exactly
 * @param patience virtual time after the last fault within which everybody must agree
 */
public record Report(SimulationResult result, String source, String command, Duration patience) {
    /** What is said of a run in which no invariant failed; those of liveness need a calm end. */
    String verdict() {
        Duration calm = result.scenario().calm();
        return !calm.isZero() && calm.plus(patience).compareTo(result.simulated()) <= 0
                ? "Every invariant held."
                : "Every invariant of safety held; that everybody agrees in the end was not checked, because the run has no"
                        + " calm end of " + Quantity.duration(patience) + ".";
    }
}
