package org.starling.swarm.node;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RoundTrips;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Tells how close each call came to its deadline, and waits for answers that are given at once as long as the other side has been
 * seen to need. Confined to the protocol thread.
 */
final class WatchedTransport implements Transport {
    /** Of other calls the answer is held back until there is one; whoever makes them watches their deadlines. */
    private static final Map<MethodDescriptor<?, ?>, Deadline> ANSWERED_AT_ONCE = Map.of(
            SwarmGrpc.getGossipMethod(), Deadline.GOSSIP,
            SwarmGrpc.getFetchOutcomeMethod(), Deadline.SIGN_OF_LIFE,
            SwarmGrpc.getFetchPartMethod(), Deadline.CALL,
            SwarmGrpc.getFetchStatementsMethod(), Deadline.CALL,
            SwarmGrpc.getSignRecordMethod(), Deadline.CALL,
            SwarmGrpc.getDescribeStateMethod(), Deadline.CALL,
            SwarmGrpc.getFetchStateChunkMethod(), Deadline.STATE_CHUNK,
            SwarmGrpc.getFetchRecordsMethod(), Deadline.CALL,
            SwarmGrpc.getFetchGalleryMethod(), Deadline.CALL);

    /** Those whose deadline follows from nothing else; a sign of life has what is left of a part timeout. */
    private static final Set<MethodDescriptor<?, ?>> ADAPTED = Set.of(
            SwarmGrpc.getGossipMethod(),
            SwarmGrpc.getFetchStatementsMethod(),
            SwarmGrpc.getSignRecordMethod(),
            SwarmGrpc.getDescribeStateMethod(),
            SwarmGrpc.getFetchRecordsMethod(),
            SwarmGrpc.getFetchGalleryMethod());

    private final Transport transport;
    private final Scheduler scheduler;
    private final Deadline.Watch watch;
    private final RoundTrips roundTrips = new RoundTrips();

    WatchedTransport(Transport transport, Scheduler scheduler, Deadline.Watch watch) {
        this.transport = transport;
        this.scheduler = scheduler;
        this.watch = watch;
    }

    @Override
    public <Q extends Message, R extends Message> CompletableFuture<R> call(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
        Deadline kind = ANSWERED_AT_ONCE.get(method);
        if (kind == null) {
            return transport.call(to, method, request, deadline);
        }
        boolean adapted = ADAPTED.contains(method);
        Duration allowed = adapted ? roundTrips.patience(to, deadline) : deadline;
        long began = scheduler.nanoTime();
        CompletableFuture<R> reply = transport.call(to, method, request, allowed);
        reply.whenComplete(scheduler.guarded((answer, failure) -> {
            Duration took = Duration.ofNanos(scheduler.nanoTime() - began);
            boolean answered = failure == null || Futures.cause(failure) instanceof RefusalException;
            if (answered || took.compareTo(allowed) >= 0) {
                watch.used(kind, took, allowed);
                if (adapted) {
                    roundTrips.measured(to, took);
                }
            }
        }));
        return reply;
    }
}
