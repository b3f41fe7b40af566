package org.starling.benchmarks.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;

/** Counts the bytes of the messages that a peer's calls carry, by the peer called; may lead the calls another way. */
final class CountingTransport implements Transport {
    private final Transport next;
    private final UnaryOperator<Endpoint> way;
    private final Map<String, Traffic> traffic = new ConcurrentHashMap<>();

    /** Bytes there, in requests, and back, in replies. */
    static final class Traffic {
        final AtomicLong there = new AtomicLong();
        final AtomicLong back = new AtomicLong();
    }

    /** @param way where to dial instead of a peer's own address */
    CountingTransport(Transport next, UnaryOperator<Endpoint> way) {
        this.next = next;
        this.way = way;
    }

    @Override
    public <Q extends Message, R extends Message> CompletableFuture<R> call(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
        Traffic counted = with(to.address());
        counted.there.addAndGet(request.getSerializedSize());
        CompletableFuture<R> reply = next.call(way.apply(to), method, request, deadline);
        reply.thenAccept(message -> counted.back.addAndGet(message.getSerializedSize()));
        return reply;
    }

    Traffic with(String address) {
        return traffic.computeIfAbsent(address, a -> new Traffic());
    }

    void forget() {
        traffic.clear();
    }
}
