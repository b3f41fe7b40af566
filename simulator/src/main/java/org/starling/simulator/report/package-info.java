/**
 * What a simulation has shown, for people: on a terminal, as one self-contained page, and as data. Everything here is a pure
 * function of a {@link org.starling.swarm.simulation.SimulationResult}. Start at {@link
 * org.starling.simulator.report.ReportFolder}.
 */
@NullMarked
package org.starling.simulator.report;

import org.jspecify.annotations.NullMarked;
