/**
 * The swarm in a box: the production classes on a simulated network and clock, all chance drawn from one seed, so that every
 * run can be repeated event for event. A {@link org.starling.swarm.simulation.Scenario} says who takes part and what goes
 * wrong; {@link org.starling.swarm.simulation.Simulation} runs it, checks the invariants after every event and gives a
 * {@link org.starling.swarm.simulation.SimulationResult}.
 */
@NullMarked
package org.starling.swarm.simulation;

import org.jspecify.annotations.NullMarked;
