package org.starling.swarm.simulation;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.util.HashMap;
import java.util.Map;
import org.starling.swarm.virtual.Interference;

/** Those of a run's peers who lie, by their names. */
final class Liars implements Interference {
    private final Map<String, Liar> liars = new HashMap<>();

    /** From now on the peer with this name lies so. */
    void put(String name, Liar liar) {
        liars.put(name, liar);
    }

    @Override
    public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
        return request;
    }

    @Override
    public Message onDeparture(String from, Message request) {
        Liar liar = liars.get(from);
        return liar == null ? request : liar.request(request);
    }

    @Override
    public Message onReply(String caller, String answerer, Message request, Message reply) {
        Liar liar = liars.get(answerer);
        return liar == null ? reply : liar.reply(request, reply);
    }

    @Override
    public void onReceipt(String caller, Message reply) {
        Liar liar = liars.get(caller);
        if (liar != null) {
            liar.received(reply);
        }
    }
}
