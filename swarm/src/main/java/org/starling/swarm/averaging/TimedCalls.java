package org.starling.swarm.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.Transport;

/**
 * Calls other peers, waits for each answer as long as such answers of that peer have been seen to need, and tells how close that was.
 * Confined to the protocol thread.
 */
public final class TimedCalls {
    private final Transport transport;
    private final Scheduler scheduler;
    private final Deadlines deadlines;

    public TimedCalls(Transport transport, Scheduler scheduler, Deadlines deadlines) {
        this.transport = transport;
        this.scheduler = scheduler;
        this.deadlines = deadlines;
    }

    public Deadlines deadlines() {
        return deadlines;
    }

    /**
     * Makes a call, as {@link Transport#call} does. How long a connection took to fail says nothing and is not measured.
     *
     * @param usual what is waited for the answer of a peer of which nothing is known
     */
    public <Q extends Message, R extends Message> CompletableFuture<R> call(
            Deadline kind, Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration usual) {
        Duration allowed = deadlines.allowed(kind, to.address(), usual);
        long began = scheduler.nanoTime();
        CompletableFuture<R> reply = transport.call(to, method, request, allowed);
        reply.whenComplete(scheduler.guarded((answer, failure) -> ended(kind, to, began, allowed, failure)));
        return reply;
    }

    /**
     * Makes a call that is one of several about the same, whose deadline is not adapted and not told; {@link #ended} does that for all of
     * them.
     */
    <Q extends Message, R extends Message> CompletableFuture<R> attempt(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
        return transport.call(to, method, request, deadline);
    }

    /** Measures something that was asked, and tells how close its deadline was. */
    void ended(Deadline kind, Endpoint to, long beganAtNanos, Duration allowed, @Nullable Throwable failure) {
        Duration took = Duration.ofNanos(scheduler.nanoTime() - beganAtNanos);
        boolean answered = failure == null || Futures.cause(failure) instanceof RefusalException;
        if (answered || took.compareTo(allowed) >= 0) {
            deadlines.used(kind, to.address(), took, allowed);
        }
    }
}
