/**
 * How peers call each other: unary calls over mutual TLS, each connection authenticated once. {@link
 * org.starling.swarm.wire.Transport} is the narrow interface that the protocol knows; gRPC is one implementation. The
 * generated messages are in {@code wire.proto}. Start at {@link org.starling.swarm.wire.GrpcTransport} and {@link
 * org.starling.swarm.wire.SwarmService}.
 */
@NullMarked
package org.starling.swarm.wire;

import org.jspecify.annotations.NullMarked;
