/**
 * What everybody in a run agrees on before it starts: the task, the batch size, the numbers that are law. Handed to a
 * peer by the auth service when it joins. Plain records that validate themselves; start at {@link
 * org.starling.swarm.run.RunConfiguration}.
 */
@NullMarked
package org.starling.swarm.run;

import org.jspecify.annotations.NullMarked;
