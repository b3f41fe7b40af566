/**
 * The command {@code ./starling bench}: measures the parts of the swarm and prints tables. Each subcommand is one benchmark.
 * Start at {@link org.starling.benchmarks.Benchmarks}.
 */
@NullMarked
package org.starling.benchmarks;

import org.jspecify.annotations.NullMarked;
