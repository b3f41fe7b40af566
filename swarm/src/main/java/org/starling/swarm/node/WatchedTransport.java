package org.starling.swarm.node;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.TimedCalls;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** {@link TimedCalls} for those who need not say what kind of a call they make. Confined to the protocol thread. */
final class WatchedTransport implements Transport {
    private static final Map<MethodDescriptor<?, ?>, Deadline> KINDS = Map.of(
            SwarmGrpc.getGossipMethod(), Deadline.GOSSIP,
            SwarmGrpc.getSignRecordMethod(), Deadline.CALL,
            SwarmGrpc.getDescribeStateMethod(), Deadline.CALL,
            SwarmGrpc.getFetchStateChunkMethod(), Deadline.STATE_CHUNK,
            SwarmGrpc.getFetchRecordsMethod(), Deadline.CALL,
            SwarmGrpc.getFetchGalleryMethod(), Deadline.CALL);

    private final TimedCalls calls;

    WatchedTransport(TimedCalls calls) {
        this.calls = calls;
    }

    @Override
    public <Q extends Message, R extends Message> CompletableFuture<R> call(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
        Deadline kind = KINDS.get(method);
        if (kind == null) {
            throw new IllegalArgumentException(
                    "Nobody has said what kind of a call " + method.getFullMethodName() + " is");
        }
        return calls.call(kind, to, method, request, deadline);
    }
}
