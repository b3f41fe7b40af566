/**
 * Scenarios as people write them: YAML with units, defaults for whatever can have one, and a sentence for everything that
 * is wrong. Knows nothing of running them. Start at {@link org.starling.simulator.scenario.ScenarioLibrary}; the reference
 * of all keys is {@code docs/simulation.md}.
 */
@NullMarked
package org.starling.simulator.scenario;

import org.jspecify.annotations.NullMarked;
