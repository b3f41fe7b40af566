/** What every benchmark needs: to run JMH, and to say on what machine it ran. */
@NullMarked
package org.starling.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
