package org.starling.swarm.averaging;

import com.google.protobuf.UnsafeByteOperations;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The sending side of an all-reduce: brings each part of this member's gradient to the first of the part's reducers that is
 * left, a few parts at a time. Confined to the protocol thread.
 */
final class PartSender {
    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final Counterparts others;
    private final Consumer<Group.Part> own;
    private final int partsInFlight;
    private final Map<List<Integer>, Line> lines = new LinkedHashMap<>();

    /** Parts that the same members reduce, on their way to the first of those that is left. */
    private final class Line {
        final List<Integer> reducers;
        final TreeSet<Group.Part> queue = new TreeSet<>(Comparator.comparingInt(Group.Part::index));
        final Map<Group.Part, Integer> inFlight = new LinkedHashMap<>();

        Line(List<Integer> reducers) {
            this.reducers = reducers;
        }

        void pump() {
            Optional<Integer> target = others.firstLeft(reducers);
            while (!queue.isEmpty() && !hub.isOver()) {
                if (target.isEmpty()) {
                    hub.cancel(
                            "No reducer is left for part " + queue.first().index() + ": " + others.whyGone(reducers));
                } else if (target.get() == exchange.self()) {
                    own.accept(queue.pollFirst());
                } else if (inFlight.size() < partsInFlight) {
                    Group.Part part = queue.pollFirst();
                    if (!hub.isStaged(part.index())) {
                        inFlight.put(part, target.get());
                        send(part, target.get());
                    }
                } else {
                    return;
                }
            }
        }

        /** The call has ended; the part goes back into the line if it still has no result. */
        void ended(Group.Part part, int reducer, boolean again) {
            if (inFlight.remove(part, reducer) && again && !hub.isStaged(part.index())) {
                queue.add(part);
            }
        }
    }

    /** @param own takes the parts that this member reduces itself */
    PartSender(Exchange exchange, Exchange.Hub hub, Counterparts others, Consumer<Group.Part> own) {
        this.exchange = exchange;
        this.hub = hub;
        this.others = others;
        this.own = own;
        this.partsInFlight = exchange.partsInFlight(exchange.self());
    }

    void start() {
        for (Group.Part part : exchange.group().parts()) {
            lineOf(part).queue.add(part);
        }
        List.copyOf(lines.values()).forEach(Line::pump);
    }

    private Line lineOf(Group.Part part) {
        return lines.computeIfAbsent(part.reducers(exchange.subgroup()), Line::new);
    }

    /** What was under way to a member that is gone goes to the next; it may never be answered, and if it is, the first answer counts. */
    void gone(int member) {
        for (Line line : List.copyOf(lines.values())) {
            List.copyOf(line.inFlight.keySet()).forEach(part -> line.ended(part, member, true));
            line.pump();
        }
    }

    /** The average is here, whoever it has come from: whatever call was made about it occupies no place any more. */
    void staged(Group.Part part) {
        Line line = lineOf(part);
        line.inFlight.remove(part);
        line.pump();
    }

    /** The answer was no good. */
    void sendAgain(Group.Part part) {
        Line line = lineOf(part);
        line.queue.add(part);
        line.pump();
    }

    void send(Group.Part part, int reducer) {
        Line line = lineOf(part);
        Group group = exchange.group();
        float[] gradient = exchange.gradient();
        others.call(
                        reducer,
                        part,
                        SwarmGrpc.getExchangePartMethod(),
                        () -> PartRequest.newBuilder()
                                .setGroupId(group.id())
                                .setPart(part.index())
                                .setMember(exchange.self())
                                .setPayload(UnsafeByteOperations.unsafeWrap(
                                        group.codec(part).encode(gradient, part.offset(), part.elements())))
                                .build(),
                        () -> send(part, reducer))
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    if (failure == null) {
                        hub.deliver(part, reply, reducer);
                        line.ended(part, reducer, false);
                        line.pump();
                    } else if (!hub.isOver()) {
                        others.isWorthAnotherCall(reducer, part, failure)
                                .whenComplete(exchange.scheduler().guarded((again, none) -> {
                                    line.ended(part, reducer, again || !others.isLeft(reducer));
                                    line.pump();
                                }));
                    }
                }));
    }
}
