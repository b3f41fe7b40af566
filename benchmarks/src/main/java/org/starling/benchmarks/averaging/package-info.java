/**
 * The benchmark {@code averaging}: real peers meet and average over gRPC and mutual TLS on this machine's loopback, and bare TLS
 * streams that carry the same bytes over as many connections say what the machine could do. Start at {@link
 * org.starling.benchmarks.averaging.AveragingCommand}.
 */
@NullMarked
package org.starling.benchmarks.averaging;

import org.jspecify.annotations.NullMarked;
