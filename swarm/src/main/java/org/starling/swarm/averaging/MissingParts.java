package org.starling.swarm.averaging;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Fetches the averages that a member lacks from those who have them, a few parts at a time, and each from the next holder where
 * one does not give it. Confined to the protocol thread; one use.
 */
final class MissingParts {
    private static final int AT_ONCE = 4;

    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final List<Integer> holders;
    private final Deque<Group.Part> queue = new ArrayDeque<>();

    /** @param holders members that can be called, by index */
    MissingParts(Exchange exchange, Exchange.Hub hub, List<Integer> holders) {
        this.exchange = exchange;
        this.hub = hub;
        this.holders = holders;
    }

    void fetch() {
        queue.addAll(exchange.group().parts());
        for (int i = 0; i < AT_ONCE; i++) {
            next();
        }
    }

    private void next() {
        while (!queue.isEmpty() && !hub.isOver()) {
            Group.Part part = queue.remove();
            if (!hub.isStaged(part.index())) {
                fetch(part, 0);
                return;
            }
        }
    }

    private void fetch(Group.Part part, int attempt) {
        if (hub.isOver()) {
            return;
        }
        if (hub.isStaged(part.index()) || attempt >= holders.size()) {
            next();
            return;
        }
        int holder = holders.get((part.index() + attempt) % holders.size());
        exchange.calls()
                .call(
                        Deadline.FETCHED_PART,
                        exchange.group().members().get(holder).endpoint().orElseThrow(),
                        SwarmGrpc.getFetchPartMethod(),
                        FetchPartRequest.newBuilder()
                                .setGroupId(exchange.group().id())
                                .setPart(part.index())
                                .build(),
                        exchange.settings().partTimeout())
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    if (failure == null) {
                        exchange.moved(reply);
                        hub.deliver(part, reply, holder);
                        next();
                    } else {
                        fetch(part, attempt + 1);
                    }
                }));
    }
}
