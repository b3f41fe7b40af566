package org.starling.swarm.wire;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Calls other peers. */
public interface Transport {
    /**
     * Calls a method of another peer, connecting first where needed. The future completes on the caller's protocol
     * thread, with the reply, a {@link RefusalException} or an {@link UnreachableException}. Cancelling it cancels the
     * call.
     *
     * @param deadline within which the answer must have come, once there is a connection: to make one, and to say hello, may take ten
     *     seconds more, and where the other side has forgotten who calls, both are done a second time
     */
    <Q extends Message, R extends Message> CompletableFuture<R> call(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline);
}
