/** Asking services over HTTP, for the programs around the swarm; the swarm itself talks gRPC. */
@NullMarked
package org.starling.swarm.http;

import org.jspecify.annotations.NullMarked;
