/**
 * A whole swarm on this machine: hub, auth service, metrics service, checkpoint service and trainers as processes, the
 * accounts that take part and one PostgreSQL server. Start reading at {@link org.starling.launcher.suite.Suite}.
 *
 * <p>Speaks to the services as people and other programs do: through their configuration and their REST interfaces.
 */
@NullMarked
package org.starling.launcher.suite;

import org.jspecify.annotations.NullMarked;
