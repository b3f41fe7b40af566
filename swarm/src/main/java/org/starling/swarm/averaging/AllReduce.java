package org.starling.swarm.averaging;

import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.compression.InvalidPayloadException;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * One member's part in a butterfly all-reduce: it sends each part of its gradient to the part's reducer, is answered with
 * the average, and reduces its own span. Results are staged, never applied.
 *
 * <p>A sender that is silent for a part timeout, or sends nonsense, is left out from then on and its weight with it. A
 * reducer that fails loses its parts to the next in line. Confined to the protocol thread; one use.
 */
final class AllReduce {
    private static final Logger log = LoggerFactory.getLogger(AllReduce.class);
    private static final int CHECKS_PER_TIMEOUT = 4;
    private static final int ANSWER_TIMEOUTS = 3;

    private final Group group;
    private final int self;
    private final float[] gradient;
    private final AveragingSettings settings;
    private final Transport transport;
    private final Scheduler scheduler;
    private final IntConsumer onUnreachable;

    private final float[] average;
    private final @Nullable PartReply[] results;
    private final byte[][] hashes;
    private final boolean[] delivering;
    private final Map<Integer, PartReducer> reducers = new HashMap<>();
    private final List<Deque<Group.Part>> queues = new ArrayList<>();
    private final List<Set<Group.Part>> inFlight = new ArrayList<>();
    private final BitSet unreachable = new BitSet();
    private final BitSet leftOut = new BitSet();
    private final long[] heardAtNanos;
    private final CompletableFuture<AveragedGradient> result = new CompletableFuture<>();
    private int remaining;
    private Scheduler.@Nullable Cancellable silenceCheck;

    /**
     * @param gradient {@code float[elements]}: this member's mean gradient; not changed, but kept until the end
     * @param onUnreachable told when a member cannot be reached
     */
    AllReduce(
            Group group,
            int self,
            float[] gradient,
            AveragingSettings settings,
            Transport transport,
            Scheduler scheduler,
            IntConsumer onUnreachable) {
        if (gradient.length != group.elements()) {
            throw new IllegalArgumentException(
                    "A gradient of " + gradient.length + " elements in a group of " + group.elements());
        }
        this.group = group;
        this.self = self;
        this.gradient = gradient;
        this.settings = settings;
        this.transport = transport;
        this.scheduler = scheduler;
        this.onUnreachable = onUnreachable;
        int members = group.members().size();
        int parts = group.parts().size();
        this.average = new float[group.elements()];
        this.results = new PartReply[parts];
        this.hashes = new byte[parts][];
        this.delivering = new boolean[parts];
        this.remaining = parts;
        this.heardAtNanos = new long[members];
        Arrays.fill(heardAtNanos, scheduler.nanoTime());
        for (int i = 0; i < members; i++) {
            queues.add(new ArrayDeque<>());
            inFlight.add(new LinkedHashSet<>());
        }
    }

    CompletableFuture<AveragedGradient> start() {
        group.parts().forEach(this::assign);
        for (int member = 0; member < queues.size(); member++) {
            pump(member);
        }
        scheduleSilenceCheck();
        result.whenComplete((value, failure) -> {
            if (silenceCheck != null) {
                silenceCheck.cancel();
            }
        });
        return result;
    }

    /** Ends the exchange without a result; whoever waits for a part is told. */
    void cancel(String reason) {
        RefusalException refusal = new RefusalException(RefusalException.Reason.UNKNOWN_GROUP, reason);
        result.completeExceptionally(refusal);
        reducers.values().forEach(r -> List.copyOf(r.waiting()).forEach(w -> w.completeExceptionally(refusal)));
        queues.forEach(Deque::clear);
    }

    BitSet unreachable() {
        return unreachable;
    }

    private void assign(Group.Part part) {
        for (int reducer : part.reducers()) {
            if (reducer == self) {
                reducerOf(part);
                return;
            }
            if (!unreachable.get(reducer)) {
                queues.get(reducer).add(part);
                return;
            }
        }
        cancel("No reducer is left for part " + part.index());
    }

    // ---- as a sender ----

    private void pump(int reducer) {
        Deque<Group.Part> queue = queues.get(reducer);
        while (!queue.isEmpty() && inFlight.get(reducer).size() < settings.partsInFlight() && !result.isDone()) {
            Group.Part part = queue.remove();
            if (results[part.index()] == null) {
                send(part, reducer);
            }
        }
    }

    private void send(Group.Part part, int reducer) {
        inFlight.get(reducer).add(part);
        Duration deadline = settings.partTimeout().multipliedBy(ANSWER_TIMEOUTS);
        scheduler
                .compute(() -> group.codec().encode(gradient, part.offset(), part.elements()))
                .thenCompose(payload -> transport.call(
                        group.members().get(reducer).endpoint().orElseThrow(),
                        SwarmGrpc.getExchangePartMethod(),
                        PartRequest.newBuilder()
                                .setGroupId(group.id())
                                .setPart(part.index())
                                .setMember(self)
                                .setPayload(UnsafeByteOperations.unsafeWrap(payload))
                                .build(),
                        deadline))
                .whenComplete((reply, failure) -> {
                    inFlight.get(reducer).remove(part);
                    if (failure == null) {
                        deliver(part, reply, reducer);
                    } else if (unreachable.get(reducer)) {
                        log.debug("One more call to {} failed", group.members().get(reducer));
                    } else {
                        reducerFailed(reducer, String.valueOf(failure.getMessage()));
                        retry(part);
                    }
                    pump(reducer);
                });
    }

    private void reducerFailed(int member, String why) {
        if (result.isDone() || unreachable.get(member)) {
            return;
        }
        log.info("{} does not reduce in the round for {}: {}", group.members().get(member), group.round(), why);
        unreachable.set(member);
        onUnreachable.accept(member);
        // parts under way to it may never be answered; if they are, the first answer counts
        List<Group.Part> orphans = new ArrayList<>(inFlight.get(member));
        orphans.addAll(queues.set(member, new ArrayDeque<>()));
        orphans.forEach(this::retry);
        // it does not send any more either
        List.copyOf(reducers.keySet()).forEach(this::reduceIfReady);
    }

    private void retry(Group.Part part) {
        if (results[part.index()] == null && !result.isDone()) {
            assign(part);
            for (int member = 0; member < queues.size(); member++) {
                pump(member);
            }
        }
    }

    private void deliver(Group.Part part, PartReply reply, int from) {
        int index = part.index();
        if (results[index] != null || delivering[index] || result.isDone()) {
            return;
        }
        delivering[index] = true;
        scheduler
                .compute(() -> {
                    group.codec()
                            .decode(reply.getPayload().asReadOnlyByteBuffer(), average, part.offset(), part.elements());
                    return AveragedGradient.hashOf(reply);
                })
                .whenComplete((hash, failure) -> {
                    delivering[index] = false;
                    if (failure != null) {
                        reducerFailed(from, "it answered nonsense: " + failure.getMessage());
                        retry(part);
                        return;
                    }
                    results[index] = reply;
                    hashes[index] = hash;
                    answerWaiting(index, reply);
                    if (--remaining == 0) {
                        finish();
                    }
                });
    }

    private void finish() {
        List<PartReply> parts = new ArrayList<>();
        for (PartReply reply : results) {
            if (reply != null) {
                parts.add(reply);
            }
        }
        result.complete(new AveragedGradient(average, List.copyOf(parts), AveragedGradient.digestOf(List.of(hashes))));
    }

    // ---- as a reducer ----

    private PartReducer reducerOf(Group.Part part) {
        PartReducer reducer = reducers.get(part.index());
        if (reducer == null) {
            reducer = new PartReducer(group, part, scheduler.nanoTime());
            reducer.contribute(self, gradient, part.offset());
            reducers.put(part.index(), reducer);
            if (part.reducers().get(0) != self) {
                askWhatTheFailedReducerAnswered(part, reducer);
            }
            reduceIfReady(part.index());
        }
        return reducer;
    }

    /**
     * The reducer before this one may have answered some members before it failed. They will not send that part again, so
     * their answer becomes everybody's.
     */
    private void askWhatTheFailedReducerAnswered(Group.Part part, PartReducer reducer) {
        FetchPartRequest question = FetchPartRequest.newBuilder()
                .setGroupId(group.id())
                .setPart(part.index())
                .build();
        for (int member = 0; member < group.members().size(); member++) {
            Endpoint endpoint = group.members().get(member).endpoint().orElse(null);
            if (member == self || endpoint == null || unreachable.get(member)) {
                continue;
            }
            int asked = member;
            reducer.hold();
            transport
                    .call(endpoint, SwarmGrpc.getFetchPartMethod(), question, settings.partTimeout())
                    .whenComplete((reply, failure) -> {
                        reducer.release();
                        if (failure == null) {
                            deliver(part, reply, asked);
                        } else {
                            reduceIfReady(part.index());
                        }
                    });
        }
    }

    /**
     * Another member takes over a part and asks for it: where the answer has not come, it gets this member's gradient, for
     * the reducer before it has failed although that has not been noticed here.
     */
    void offer(int index, int successor) {
        if (index < 0 || index >= results.length || result.isDone()) {
            return;
        }
        Group.Part part = group.parts().get(index);
        if (results[index] == null && part.reducers().indexOf(successor) > 0) {
            send(part, successor);
        }
    }

    /** The averaged part, if it is here. */
    Optional<PartReply> find(int part) {
        return part < 0 || part >= results.length ? Optional.empty() : Optional.ofNullable(results[part]);
    }

    /** Takes in a member's part. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, PartRequest request) {
        if (request.getPart() < 0 || request.getPart() >= group.parts().size()) {
            throw new RefusalException(RefusalException.Reason.MALFORMED, "There is no part " + request.getPart());
        }
        Group.Part part = group.parts().get(request.getPart());
        heardAtNanos[member] = scheduler.nanoTime();
        PartReply known = results[part.index()];
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        if (result.isDone()) {
            throw new RefusalException(RefusalException.Reason.UNKNOWN_GROUP, "The exchange has ended here");
        }
        if (!part.reducers().contains(self)) {
            throw new RefusalException(
                    RefusalException.Reason.MALFORMED, "Part " + part.index() + " is not reduced here");
        }
        PartReducer reducer = reducerOf(part);
        CompletableFuture<PartReply> reply = reducer.awaitResult();
        float[] values = new float[part.elements()];
        scheduler
                .compute(() -> {
                    group.codec().decode(request.getPayload().asReadOnlyByteBuffer(), values, 0, part.elements());
                    return values;
                })
                .whenComplete((decoded, failure) -> {
                    if (failure == null) {
                        reducer.contribute(member, decoded, 0);
                    } else {
                        leaveOut(member, "its part " + part.index() + " is invalid: " + failure.getMessage());
                        reply.completeExceptionally(
                                failure instanceof InvalidPayloadException
                                        ? new RefusalException(
                                                RefusalException.Reason.MALFORMED, String.valueOf(failure.getMessage()))
                                        : failure);
                    }
                    reduceIfReady(part.index());
                });
        return reply;
    }

    private void leaveOut(int member, String why) {
        if (!leftOut.get(member)) {
            leftOut.set(member);
            log.info("{} is left out of the round for {}: {}", group.members().get(member), group.round(), why);
        }
    }

    private void reduceIfReady(int part) {
        PartReducer reducer = reducers.get(part);
        BitSet absent = (BitSet) leftOut.clone();
        absent.or(unreachable);
        if (reducer == null || result.isDone() || !reducer.readyOnce(absent)) {
            return;
        }
        scheduler.compute(() -> reducer.reduce(group.codec())).whenComplete((reply, failure) -> {
            if (failure != null) {
                cancel("Reducing failed: " + failure.getMessage());
            } else {
                deliver(group.parts().get(part), reply, self);
            }
        });
    }

    private void answerWaiting(int part, PartReply reply) {
        PartReducer reducer = reducers.remove(part);
        if (reducer != null) {
            reducer.waiting().forEach(waiting -> waiting.complete(reply));
        }
    }

    private void scheduleSilenceCheck() {
        silenceCheck = scheduler.schedule(settings.partTimeout().dividedBy(CHECKS_PER_TIMEOUT), () -> {
            checkSilence();
            if (!result.isDone()) {
                scheduleSilenceCheck();
            }
        });
    }

    /** A member that has as many parts under way as it may sends no more before it is answered. */
    private boolean isWaitingForAnswers(int member) {
        return reducers.values().stream().filter(r -> r.hasFrom(member)).count() >= settings.partsInFlight();
    }

    private void checkSilence() {
        long now = scheduler.nanoTime();
        long patience = settings.partTimeout().toNanos();
        for (PartReducer reducer : reducers.values()) {
            if (now - reducer.createdAtNanos() < patience) {
                continue;
            }
            for (int member = 0; member < group.members().size(); member++) {
                if (!reducer.hasFrom(member)
                        && now - heardAtNanos[member] >= patience
                        && !unreachable.get(member)
                        && !isWaitingForAnswers(member)) {
                    leaveOut(
                            member,
                            "silent for " + settings.partTimeout() + " while part " + reducer.part()
                                    + " waited for it");
                }
            }
        }
        List.copyOf(reducers.keySet()).forEach(this::reduceIfReady);
    }
}
