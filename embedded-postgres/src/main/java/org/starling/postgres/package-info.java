/**
 * A real PostgreSQL server on loopback for a service that has no database configured, so that one machine with a
 * JDK is enough to run a swarm. Start reading at {@link org.starling.postgres.EmbeddedPostgresAutoConfiguration}.
 *
 * <p>Meant for one machine: with {@code spring.datasource.url} set, nothing here is started.
 */
@NullMarked
package org.starling.postgres;

import org.jspecify.annotations.NullMarked;
