/**
 * The command {@code ./starling simulate}: runs a scenario, or many random schedules, and tells what was seen. Start at
 * {@link org.starling.simulator.SimulateCommand}.
 */
@NullMarked
package org.starling.simulator;

import org.jspecify.annotations.NullMarked;
