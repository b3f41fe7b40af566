package org.starling.swarm.wire;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletableFuture;

/** Answers the calls of other peers. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers one call. Called on any thread. To refuse, throw a {@link RefusalException} or fail the future with one.
     *
     * @param method one of {@code SwarmGrpc}, never Hello
     */
    CompletableFuture<? extends Message> handle(Caller caller, MethodDescriptor<?, ?> method, Message request);
}
