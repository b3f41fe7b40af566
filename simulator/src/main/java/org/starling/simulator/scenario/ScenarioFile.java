package org.starling.simulator.scenario;

import java.time.Duration;
import org.starling.swarm.simulation.Scenario;

/**
 * A scenario with the size that its author had in mind.
 *
 * @param source the name of the shipped scenario, or the file
 * @param peers to simulate if the command line does not say
 * @param length virtual time to simulate if the command line does not say
 * @param patience virtual time after the last fault within which everybody must agree
 * @param batchGrows whether the batch is as much larger or smaller as there are more or fewer peers, so that an epoch takes as long
 */
public record ScenarioFile(
        String source, Scenario scenario, int peers, Duration length, Duration patience, boolean batchGrows) {
    /** The same with more or fewer peers. */
    public ScenarioFile ofPeers(int count) {
        Scenario changed = batchGrows
                ? scenario.with(scenario.run()
                        .withTargetBatchSize(
                                Math.max(1, Math.round((double) scenario.run().targetBatchSize() * count / peers))))
                : scenario;
        return new ScenarioFile(source, changed, count, length, patience, batchGrows);
    }

    /**
     * The same for a longer or shorter time. Its calm end stays as long as it was, or takes the second half; faults that
     * were to come later do not come.
     */
    public ScenarioFile lasting(Duration newLength) {
        if (scenario.calm().isZero() || newLength.equals(length)) {
            return new ScenarioFile(source, scenario, peers, newLength, patience, batchGrows);
        }
        Duration end = length.minus(scenario.calm());
        Duration half = newLength.dividedBy(2);
        Duration calm = newLength.minus(end.compareTo(half) > 0 ? half : end);
        Scenario changed = new Scenario(
                scenario.title(), scenario.run(), scenario.network(), scenario.groups(), scenario.faults(), calm);
        return new ScenarioFile(source, changed, peers, newLength, patience, batchGrows);
    }
}
