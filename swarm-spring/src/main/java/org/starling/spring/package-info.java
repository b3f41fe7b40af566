/**
 * Makes a Spring Boot service a peer: it joins a run at the auth service, hosts the swarm's gRPC service with mutual TLS on
 * Boot's own gRPC server, and runs a {@link org.starling.swarm.node.SwarmNode} from the application's start to its end.
 *
 * <p>A service contributes beans: a {@link org.starling.swarm.node.Replica}, a {@link
 * org.starling.swarm.node.GradientSource}, any number of {@link org.starling.swarm.node.NodeListener}s. Start reading at
 * {@link org.starling.spring.SwarmAutoConfiguration}.
 */
@NullMarked
package org.starling.spring;

import org.jspecify.annotations.NullMarked;
