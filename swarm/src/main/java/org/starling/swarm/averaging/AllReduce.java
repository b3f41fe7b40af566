package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.compression.InvalidPayloadException;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * One member's part in a butterfly all-reduce of one or two levels: it sends each part of its gradient to the part's reducer
 * in its subgroup and is answered with the average; it reduces its own span, hands each part's mean to the part's root, who
 * averages over the subgroups and encodes the result once for everybody, and it is the root of some parts itself. With one
 * subgroup the reducers are the roots. Results are staged, never applied.
 *
 * <p>A sender that is silent for a part timeout, or sends nonsense, is left out from then on and its weight with it. Somebody
 * who does not answer for that long is asked for a sign of life; a reducer or a root that gives none loses its parts to the
 * next in line. A subgroup is left out of a part only when all that could reduce it there are gone. Confined to the protocol
 * thread; one use.
 */
final class AllReduce {
    private static final Logger log = LoggerFactory.getLogger(AllReduce.class);
    private static final int CHECKS_PER_TIMEOUT = 4;
    private static final int ANSWER_TIMEOUTS = 3;
    private static final Codec EXACT = Codec.named("none");

    private final Group group;
    private final Group.Subgroup subgroup;
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
    private final Map<List<Integer>, Line> lines = new LinkedHashMap<>();
    private final Map<Integer, SubgroupReducer> reducers = new TreeMap<>();
    private final Map<Integer, SubgroupMean> means = new TreeMap<>();
    private final Map<Integer, RootReducer> roots = new TreeMap<>();
    private final Map<Integer, Integer> handedUp = new TreeMap<>();
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet unreachable = new BitSet();
    private final BitSet leftOut = new BitSet();
    private final long[] heardAtNanos;
    private final CompletableFuture<AveragedGradient> result = new CompletableFuture<>();
    private int remaining;
    private Scheduler.@Nullable Cancellable silenceCheck;

    /** Parts that the same members reduce, on their way to the first of those that is left. */
    private final class Line {
        final List<Integer> reducers;
        final TreeSet<Group.Part> queue = new TreeSet<>(Comparator.comparingInt(Group.Part::index));
        final Map<Group.Part, Integer> inFlight = new LinkedHashMap<>();

        Line(List<Integer> reducers) {
            this.reducers = reducers;
        }

        void pump() {
            Optional<Integer> target = firstLeft(reducers);
            while (!queue.isEmpty() && !result.isDone()) {
                if (target.isEmpty()) {
                    cancel("No reducer is left for part " + queue.first().index());
                } else if (target.get() == self) {
                    reducerOf(queue.pollFirst());
                } else if (inFlight.size() < settings.partsInFlight()) {
                    Group.Part part = queue.pollFirst();
                    if (results[part.index()] == null) {
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
            if (inFlight.remove(part, reducer) && again && results[part.index()] == null) {
                queue.add(part);
            }
        }
    }

    /** Calls to a member that are not answered, and when the member has last given a sign of life. */
    private static final class Pending {
        int calls;
        long aliveAtNanos;

        @Nullable CompletableFuture<Boolean> question;

        Pending(long aliveAtNanos) {
            this.aliveAtNanos = aliveAtNanos;
        }
    }

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
        this.subgroup = group.subgroupOf(self);
        this.self = self;
        this.gradient = gradient;
        this.settings = settings;
        this.transport = transport;
        this.scheduler = scheduler;
        this.onUnreachable = onUnreachable;
        int parts = group.parts().size();
        this.average = new float[group.elements()];
        this.results = new PartReply[parts];
        this.hashes = new byte[parts][];
        this.delivering = new boolean[parts];
        this.remaining = parts;
        this.heardAtNanos = new long[subgroup.size()];
        Arrays.fill(heardAtNanos, scheduler.nanoTime());
    }

    CompletableFuture<AveragedGradient> start() {
        for (Group.Part part : group.parts()) {
            lineOf(part).queue.add(part);
        }
        pumpAll();
        scheduleSilenceCheck();
        result.whenComplete(scheduler.guarded((value, failure) -> {
            if (silenceCheck != null) {
                silenceCheck.cancel();
            }
        }));
        return result;
    }

    private Line lineOf(Group.Part part) {
        return lines.computeIfAbsent(part.reducers(subgroup), Line::new);
    }

    private void pumpAll() {
        List.copyOf(lines.values()).forEach(Line::pump);
    }

    /** Ends the exchange without a result; whoever waits for a part is told. */
    void cancel(String reason) {
        RefusalException refusal = new RefusalException(Reason.UNKNOWN_GROUP, reason);
        result.completeExceptionally(refusal);
        List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
        reducers.values().forEach(reducer -> waiting.addAll(reducer.waiting()));
        roots.values().forEach(root -> waiting.addAll(root.waiting()));
        waiting.forEach(w -> w.completeExceptionally(refusal));
    }

    BitSet unreachable() {
        return unreachable;
    }

    private Optional<Integer> firstLeft(List<Integer> members) {
        return members.stream().filter(member -> !unreachable.get(member)).findFirst();
    }

    // ---- calls, and who does not answer them ----

    private <Q extends Message, R extends Message> CompletableFuture<R> call(
            int member, MethodDescriptor<Q, R> method, Callable<Q> request) {
        Pending calls = pendingOf(member);
        if (calls.calls++ == 0) {
            calls.aliveAtNanos = scheduler.nanoTime();
        }
        return scheduler
                .compute(request)
                .thenCompose(message -> transport.call(
                        endpoint(member).orElseThrow(),
                        method,
                        message,
                        settings.partTimeout().multipliedBy(ANSWER_TIMEOUTS)))
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    calls.calls--;
                    if (failure == null) {
                        calls.aliveAtNanos = scheduler.nanoTime();
                    }
                }));
    }

    /** A member that nothing has been heard of counts as silent for long enough to be asked. */
    private Pending pendingOf(int member) {
        return pending.computeIfAbsent(
                member,
                m -> new Pending(scheduler.nanoTime() - settings.partTimeout().toNanos()));
    }

    private Optional<Endpoint> endpoint(int member) {
        return group.members().get(member).endpoint();
    }

    /**
     * A call has failed. Completes once it is known whether to call the same member again: a member that refuses, or gives no
     * sign of life, is taken for gone.
     */
    private CompletableFuture<Boolean> isWorthAnotherCall(int member, Throwable failure) {
        if (unreachable.get(member)) {
            return CompletableFuture.completedFuture(false);
        }
        if (failure instanceof RefusalException) {
            gone(member, String.valueOf(failure.getMessage()));
            return CompletableFuture.completedFuture(false);
        }
        return isAlive(member);
    }

    private CompletableFuture<Boolean> isAlive(int member) {
        Pending calls = pendingOf(member);
        CompletableFuture<Boolean> question = calls.question;
        if (question != null) {
            return question;
        }
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        calls.question = answer;
        transport
                .call(
                        endpoint(member).orElseThrow(),
                        SwarmGrpc.getFetchOutcomeMethod(),
                        FetchOutcomeRequest.newBuilder().setGroupId(group.id()).build(),
                        settings.partTimeout())
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    calls.question = null;
                    if (failure != null) {
                        gone(member, String.valueOf(failure.getMessage()));
                    } else if (reply.getState() == OutcomeMessage.State.VOID) {
                        gone(member, "for it the round is void");
                    } else {
                        calls.aliveAtNanos = scheduler.nanoTime();
                    }
                    answer.complete(!unreachable.get(member));
                }));
        return answer;
    }

    /** Goes on without a member that nobody must deal with any more. */
    void exclude(int member) {
        leaveOut(member, "it is excluded");
        gone(member, "it is excluded");
    }

    private void gone(int member, String why) {
        if (result.isDone() || unreachable.get(member)) {
            return;
        }
        log.info("{} does not reduce in the round for {}: {}", group.members().get(member), group.round(), why);
        unreachable.set(member);
        onUnreachable.accept(member);
        for (Line line : List.copyOf(lines.values())) {
            // parts under way to it may never be answered; if they are, the first answer counts
            List.copyOf(line.inFlight.keySet()).forEach(part -> line.ended(part, member, true));
            line.pump();
        }
        List.copyOf(means.keySet()).forEach(part -> handUp(group.parts().get(part)));
        // it does not send any more either
        reduceWhatIsReady();
    }

    // ---- as a sender ----

    private void send(Group.Part part, int reducer) {
        Line line = lineOf(part);
        call(
                        reducer,
                        SwarmGrpc.getExchangePartMethod(),
                        () -> PartRequest.newBuilder()
                                .setGroupId(group.id())
                                .setPart(part.index())
                                .setMember(self)
                                .setPayload(UnsafeByteOperations.unsafeWrap(
                                        group.codec(part).encode(gradient, part.offset(), part.elements())))
                                .build())
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure == null) {
                        deliver(part, reply, reducer);
                        line.ended(part, reducer, false);
                        line.pump();
                    } else if (!result.isDone()) {
                        isWorthAnotherCall(reducer, failure).whenComplete(scheduler.guarded((again, none) -> {
                            line.ended(part, reducer, true);
                            line.pump();
                        }));
                    }
                }));
    }

    private void deliver(Group.Part part, PartReply reply, int from) {
        int index = part.index();
        if (results[index] != null || delivering[index] || result.isDone()) {
            return;
        }
        delivering[index] = true;
        scheduler
                .compute(() -> {
                    group.codec(part)
                            .decode(reply.getPayload().asReadOnlyByteBuffer(), average, part.offset(), part.elements());
                    return AveragedGradient.hashOf(reply);
                })
                .whenComplete(scheduler.guarded((hash, failure) -> {
                    delivering[index] = false;
                    if (failure != null && from == self) {
                        cancel("This peer's own average is no good: " + failure.getMessage());
                        return;
                    }
                    if (failure != null) {
                        gone(from, "it answered nonsense: " + failure.getMessage());
                        Line line = lineOf(part);
                        line.queue.add(part);
                        line.pump();
                        return;
                    }
                    results[index] = reply;
                    hashes[index] = hash;
                    means.remove(index);
                    answerWaiting(index, reply);
                    if (--remaining == 0) {
                        finish();
                    }
                }));
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

    private void answerWaiting(int part, PartReply reply) {
        List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
        Optional.ofNullable(reducers.remove(part)).ifPresent(reducer -> waiting.addAll(reducer.waiting()));
        Optional.ofNullable(roots.remove(part)).ifPresent(root -> waiting.addAll(root.waiting()));
        waiting.forEach(w -> w.complete(reply));
    }

    /** The averaged part, if it is here. */
    Optional<PartReply> find(int part) {
        return part < 0 || part >= results.length ? Optional.empty() : Optional.ofNullable(results[part]);
    }

    /**
     * Another member takes over a part and asks for it: where the answer has not come, it gets this member's gradient or the
     * subgroup's mean, for the one before it has failed although that has not been noticed here.
     */
    void offer(int index, int successor) {
        if (index < 0 || index >= results.length || result.isDone() || results[index] != null) {
            return;
        }
        Group.Part part = group.parts().get(index);
        if (part.reducers(subgroup).indexOf(successor) > 0) {
            send(part, successor);
        }
        SubgroupMean mean = means.get(index);
        if (mean != null && group.subgroups().size() > 1 && part.roots().indexOf(successor) > 0) {
            sendUp(part, mean, successor);
        }
    }

    // ---- as a reducer of the subgroup ----

    private SubgroupReducer reducerOf(Group.Part part) {
        SubgroupReducer reducer = reducers.get(part.index());
        if (reducer == null) {
            reducer = new SubgroupReducer(group, part, subgroup, scheduler.nanoTime());
            reducer.contribute(self, new SubgroupReducer.Contribution(gradient, part.offset()));
            reducers.put(part.index(), reducer);
            if (part.reducers(subgroup).get(0) != self) {
                List<Integer> others = new ArrayList<>();
                for (int member = subgroup.first(); member < subgroup.end(); member++) {
                    others.add(member);
                }
                askWhatThePredecessorAnswered(part, reducer, others);
            }
            reduceIfReady(part.index());
        }
        return reducer;
    }

    /**
     * The reducer or root before this one may have answered some members before it failed. They will not send that part
     * again, so their answer becomes everybody's.
     */
    private void askWhatThePredecessorAnswered(Group.Part part, Reducer<?> reducer, List<Integer> members) {
        FetchPartRequest question = FetchPartRequest.newBuilder()
                .setGroupId(group.id())
                .setPart(part.index())
                .build();
        for (int member : members) {
            Endpoint endpoint = endpoint(member).orElse(null);
            if (member == self || endpoint == null || unreachable.get(member)) {
                continue;
            }
            reducer.hold();
            transport
                    .call(endpoint, SwarmGrpc.getFetchPartMethod(), question, settings.partTimeout())
                    .whenComplete(scheduler.guarded((reply, failure) -> {
                        reducer.release();
                        if (failure == null) {
                            deliver(part, reply, member);
                        } else {
                            reduceIfReady(part.index());
                        }
                    }));
        }
    }

    /** Takes in a part from a member of the subgroup. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, PartRequest request) {
        Group.Part part = requirePart(request.getPart());
        if (!subgroup.contains(member) || !part.reducers(subgroup).contains(self)) {
            throw new RefusalException(Reason.MALFORMED, "Part " + part.index() + " is not reduced here");
        }
        heardAtNanos[member - subgroup.first()] = scheduler.nanoTime();
        PartReply known = results[part.index()];
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        requireOpen();
        SubgroupReducer reducer = reducerOf(part);
        CompletableFuture<PartReply> reply = reducer.awaitResult();
        float[] values = new float[part.elements()];
        decode(group.codec(part), request.getPayload(), values).whenComplete(scheduler.guarded((decoded, failure) -> {
            if (failure == null) {
                reducer.contribute(member, new SubgroupReducer.Contribution(values, 0));
            } else {
                leaveOut(member, "its part " + part.index() + " is invalid: " + failure.getMessage());
                reply.completeExceptionally(asRefusal(failure));
            }
            reduceIfReady(part.index());
        }));
        return reply;
    }

    private Group.Part requirePart(int index) {
        if (index < 0 || index >= group.parts().size()) {
            throw new RefusalException(Reason.MALFORMED, "There is no part " + index);
        }
        return group.parts().get(index);
    }

    private void requireOpen() {
        if (result.isDone()) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "The exchange has ended here");
        }
    }

    private CompletableFuture<float[]> decode(Codec codec, ByteString payload, float[] values) {
        return scheduler.compute(() -> {
            codec.decode(payload.asReadOnlyByteBuffer(), values, 0, values.length);
            return values;
        });
    }

    private static Throwable asRefusal(Throwable failure) {
        return failure instanceof InvalidPayloadException
                ? new RefusalException(Reason.MALFORMED, String.valueOf(failure.getMessage()))
                : failure;
    }

    private void leaveOut(int member, String why) {
        if (!leftOut.get(member)) {
            leftOut.set(member);
            log.info("{} is left out of the round for {}: {}", group.members().get(member), group.round(), why);
        }
    }

    private void reduceWhatIsReady() {
        TreeSet<Integer> open = new TreeSet<>(reducers.keySet());
        open.addAll(roots.keySet());
        open.forEach(this::reduceIfReady);
    }

    private void reduceIfReady(int index) {
        if (result.isDone()) {
            return;
        }
        Group.Part part = group.parts().get(index);
        SubgroupReducer reducer = reducers.get(index);
        if (reducer != null && reducer.readyOnce(member -> leftOut.get(member) || unreachable.get(member))) {
            List<SubgroupReducer.@Nullable Contribution> contributions = reducer.take();
            compute(() -> reducer.reduce(contributions), mean -> reduced(part, mean));
        }
        RootReducer root = roots.get(index);
        if (root != null && root.readyOnce(other -> isGone(part, other))) {
            List<@Nullable SubgroupMean> taken = root.take();
            compute(() -> root.reduce(taken), reply -> deliver(part, reply, self));
        }
    }

    private <T> void compute(Callable<T> work, Consumer<T> then) {
        scheduler.compute(work).whenComplete(scheduler.guarded((value, failure) -> {
            if (failure != null) {
                cancel("Reducing failed: " + failure.getMessage());
            } else {
                then.accept(value);
            }
        }));
    }

    private void reduced(Group.Part part, SubgroupMean mean) {
        if (group.subgroups().size() == 1) {
            compute(() -> RootReducer.encode(group, part, mean), reply -> deliver(part, reply, self));
            return;
        }
        if (results[part.index()] == null) {
            means.put(part.index(), mean);
            RootReducer root = roots.get(part.index());
            if (root != null) {
                root.contribute(subgroup.index(), mean);
                reduceIfReady(part.index());
            }
            handUp(part);
        }
    }

    private void handUp(Group.Part part) {
        SubgroupMean mean = means.get(part.index());
        if (mean == null || result.isDone()) {
            return;
        }
        firstLeft(part.roots())
                .ifPresentOrElse(
                        root -> {
                            if (root == self) {
                                rootOf(part);
                            } else if (!Objects.equals(handedUp.put(part.index(), root), root)) {
                                sendUp(part, mean, root);
                            }
                        },
                        () -> cancel("No root is left for part " + part.index()));
    }

    private void sendUp(Group.Part part, SubgroupMean mean, int root) {
        call(
                        root,
                        SwarmGrpc.getExchangeMeanMethod(),
                        () -> MeanRequest.newBuilder()
                                .setGroupId(group.id())
                                .setPart(part.index())
                                .setMember(self)
                                .setPayload(UnsafeByteOperations.unsafeWrap(
                                        EXACT.encode(mean.values(), 0, mean.values().length)))
                                .setIncluded(mean.includedBytes())
                                .build())
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure == null) {
                        deliver(part, reply, root);
                    } else if (!result.isDone()) {
                        isWorthAnotherCall(root, failure).whenComplete(scheduler.guarded((again, none) -> {
                            if (again) {
                                handedUp.remove(part.index(), root);
                                handUp(part);
                            }
                        }));
                    }
                }));
    }

    // ---- as a root ----

    private RootReducer rootOf(Group.Part part) {
        RootReducer root = roots.get(part.index());
        if (root == null) {
            root = new RootReducer(group, part, scheduler.nanoTime());
            roots.put(part.index(), root);
            SubgroupMean mean = means.get(part.index());
            if (mean != null) {
                root.contribute(subgroup.index(), mean);
            }
            if (part.roots().get(0) != self) {
                List<Integer> others = new ArrayList<>();
                part.reducers().forEach(inSubgroup -> firstLeft(inSubgroup).ifPresent(others::add));
                askWhatThePredecessorAnswered(part, root, others);
            }
            reduceIfReady(part.index());
        }
        return root;
    }

    /** Takes in the mean of a part from a reducer of another subgroup. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, MeanRequest request) {
        Group.Part part = requirePart(request.getPart());
        Group.Subgroup from = group.subgroupOf(member);
        if (group.subgroups().size() == 1
                || !part.roots().contains(self)
                || !part.reducers(from).contains(member)) {
            throw new RefusalException(
                    Reason.MALFORMED, "Part " + part.index() + " does not come from this member, or not to here");
        }
        BitSet included = SubgroupMean.parseIncluded(request.getIncluded(), from);
        PartReply known = results[part.index()];
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        requireOpen();
        RootReducer root = rootOf(part);
        CompletableFuture<PartReply> reply = root.awaitResult();
        float[] values = new float[part.elements()];
        decode(EXACT, request.getPayload(), values).whenComplete(scheduler.guarded((decoded, failure) -> {
            if (failure == null) {
                root.contribute(from.index(), new SubgroupMean(values, included));
                reduceIfReady(part.index());
            } else {
                reply.completeExceptionally(asRefusal(failure));
            }
        }));
        return reply;
    }

    /** Whether nobody in a subgroup is left who could reduce the part there. */
    private boolean isGone(Group.Part part, int subgroupIndex) {
        return firstLeft(part.reducers().get(subgroupIndex)).isEmpty();
    }

    // ---- silence ----

    private void scheduleSilenceCheck() {
        silenceCheck = scheduler.schedule(settings.partTimeout().dividedBy(CHECKS_PER_TIMEOUT), () -> {
            checkSilence();
            if (!result.isDone()) {
                scheduleSilenceCheck();
            }
        });
    }

    private void checkSilence() {
        long now = scheduler.nanoTime();
        new TreeMap<>(pending).forEach((member, calls) -> {
            if (calls.calls > 0 && isOverdue(now, calls.aliveAtNanos) && !unreachable.get(member)) {
                isAlive(member);
            }
        });
        for (RootReducer root : List.copyOf(roots.values())) {
            if (!root.isReducing() && isOverdue(now, root.createdAtNanos())) {
                askMissingSubgroups(root, now);
            }
        }
        for (SubgroupReducer reducer : List.copyOf(reducers.values())) {
            if (!reducer.isReducing() && isOverdue(now, reducer.createdAtNanos())) {
                leaveOutTheSilent(reducer, now);
            }
        }
        reduceWhatIsReady();
    }

    private boolean isOverdue(long now, long since) {
        return now - since >= settings.partTimeout().toNanos();
    }

    private void askMissingSubgroups(RootReducer root, long now) {
        for (List<Integer> inSubgroup : root.part.reducers()) {
            int subgroupIndex = group.subgroupOf(inSubgroup.get(0)).index();
            if (root.hasFrom(subgroupIndex)) {
                continue;
            }
            for (int member : inSubgroup) {
                Pending calls = pendingOf(member);
                if (member != self && !unreachable.get(member) && isOverdue(now, calls.aliveAtNanos)) {
                    isAlive(member);
                }
            }
        }
    }

    private void leaveOutTheSilent(SubgroupReducer reducer, long now) {
        for (int member = subgroup.first(); member < subgroup.end(); member++) {
            if (!reducer.hasFrom(member)
                    && isOverdue(now, heardAtNanos[member - subgroup.first()])
                    && !unreachable.get(member)
                    && !isWaitingForAnswers(member)) {
                leaveOut(
                        member,
                        "silent for " + settings.partTimeout() + " while part " + reducer.part.index()
                                + " waited for it");
            }
        }
    }

    /** A member that has as many parts under way as it may sends no more before it is answered. */
    private boolean isWaitingForAnswers(int member) {
        return reducers.values().stream().filter(r -> r.hasFrom(member)).count() >= settings.partsInFlight();
    }
}
