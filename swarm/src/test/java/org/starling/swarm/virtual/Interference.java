package org.starling.swarm.virtual;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Looks at, and may change, delay or lose, what is on its way between hosts, which are named. */
public interface Interference {
    /** Changes nothing, and hears every reply on its way to the caller. */
    static Interference hearing(Consumer<Message> replies) {
        return new Interference() {
            @Override
            public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                return request;
            }

            @Override
            public Message onReply(String caller, String answerer, Message request, Message reply) {
                replies.accept(reply);
                return reply;
            }
        };
    }

    /** What arrives instead of a request; null if nothing does. */
    @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request);

    /** What the caller sends instead of a request. */
    default Message onDeparture(String from, Message request) {
        return request;
    }

    /** What comes back to the caller; null if nothing does. */
    default @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
        return reply;
    }

    /** A reply has reached the caller. */
    default void onReceipt(String caller, Message reply) {}

    /** By how much the message comes later than others on its way from one host to another. */
    default Duration lateness(String from, String to, Message message) {
        return Duration.ZERO;
    }

    /** Whether the connection breaks while a request or a reply is on it, so that the caller notices. */
    default boolean resets(String from, String to, Message message) {
        return false;
    }
}
