package org.starling.swarm.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The other members as this one can call them: whose calls are not answered, and who is taken for gone. Confined to the protocol
 * thread.
 */
final class Counterparts {
    private static final Logger log = LoggerFactory.getLogger(Counterparts.class);
    private static final int ANSWER_TIMEOUTS = 3;
    private static final int CHECKS_PER_TIMEOUT = 8;

    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final Departures onGone;
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet unreachable = new BitSet();
    private final Map<Integer, String> reasons = new TreeMap<>();

    /** Calls to a member that are not answered, and when the member has last given a sign of life. */
    private static final class Pending {
        int calls;
        long aliveAtNanos;

        @Nullable CompletableFuture<Boolean> question;

        Pending(long aliveAtNanos) {
            this.aliveAtNanos = aliveAtNanos;
        }
    }

    /** Hears of members that this one goes on without. */
    interface Departures {
        /** @param answers whether it is alive nevertheless: it refuses, or is too slow */
        void gone(int member, boolean answers);
    }

    Counterparts(Exchange exchange, Exchange.Hub hub, Departures onGone) {
        this.exchange = exchange;
        this.hub = hub;
        this.onGone = onGone;
    }

    BitSet unreachable() {
        return unreachable;
    }

    /** Why none of the members is left, in a sentence for each. */
    String whyGone(List<Integer> members) {
        return members.stream()
                .map(member ->
                        exchange.group().members().get(member) + ": " + reasons.getOrDefault(member, "it was excluded"))
                .collect(Collectors.joining("; "));
    }

    boolean isUnreachable(int member) {
        return unreachable.get(member);
    }

    Optional<Integer> firstLeft(List<Integer> members) {
        return members.stream().filter(member -> !unreachable.get(member)).findFirst();
    }

    /** Makes a call that is answered when a part is reduced; the message is made on a worker. */
    <Q extends Message, R extends Message> CompletableFuture<R> call(
            int member, MethodDescriptor<Q, R> method, Callable<Q> request) {
        Pending calls = pendingOf(member);
        if (calls.calls++ == 0) {
            calls.aliveAtNanos = exchange.scheduler().nanoTime();
        }
        Duration allowed = exchange.settings().partTimeout().multipliedBy(ANSWER_TIMEOUTS);
        long began = exchange.scheduler().nanoTime();
        return exchange.scheduler()
                .compute(request)
                .thenCompose(message -> {
                    // the message itself is let go as soon as it is sent
                    long sent = message.getSerializedSize();
                    return exchange.transport()
                            .call(endpoint(member).orElseThrow(), method, message, allowed)
                            .thenApply(reply -> {
                                exchange.moved(sent + reply.getSerializedSize());
                                return reply;
                            });
                })
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    calls.calls--;
                    exchange.watch()
                            .used(
                                    Deadline.PART,
                                    Duration.ofNanos(exchange.scheduler().nanoTime() - began),
                                    allowed);
                    if (failure == null) {
                        calls.aliveAtNanos = exchange.scheduler().nanoTime();
                    }
                }));
    }

    /** A member that nothing has been heard of counts as silent for long enough to be asked. */
    private Pending pendingOf(int member) {
        return pending.computeIfAbsent(
                member,
                m -> new Pending(exchange.scheduler().nanoTime()
                        - exchange.settings().partTimeout().toNanos()));
    }

    private Optional<Endpoint> endpoint(int member) {
        return exchange.group().members().get(member).endpoint();
    }

    /**
     * A call about a part has failed. Completes once it is known whether to make it again. A member that refuses is taken for
     * gone, unless it only has too much to do; another is asked for the part itself: it gives it, or says that it waits for
     * somebody else, or is taken for gone, even if it gives other signs of life.
     */
    CompletableFuture<Boolean> isWorthAnotherCall(int member, Group.Part part, Throwable failure) {
        if (unreachable.get(member) || hub.isStaged(part.index())) {
            return CompletableFuture.completedFuture(false);
        }
        if (isRefusal(failure)) {
            gone(member, String.valueOf(Futures.cause(failure).getMessage()), true);
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        if (isBusy(failure)) {
            exchange.scheduler().schedule(checkInterval(), () -> answer.complete(!unreachable.get(member)));
            return answer;
        }
        ask(
                        member,
                        SwarmGrpc.getFetchPartMethod(),
                        partQuestion(part).build(),
                        exchange.settings().partTimeout())
                .whenComplete(exchange.scheduler().guarded((reply, problem) -> {
                    if (problem == null) {
                        pendingOf(member).aliveAtNanos = exchange.scheduler().nanoTime();
                        hub.deliver(part, reply, member);
                    } else if (!(Futures.cause(problem) instanceof RefusalException)) {
                        gone(
                                member,
                                "it does not answer for part " + part.index() + ": "
                                        + Futures.cause(problem).getMessage(),
                                false);
                    }
                    answer.complete(problem != null && !unreachable.get(member));
                }));
        return answer;
    }

    /** Makes a small call, and once more after a little while if there was no connection: lines break now and then. */
    private <Q extends Message, R extends Message> CompletableFuture<R> ask(
            int member, MethodDescriptor<Q, R> method, Q question, Duration patience) {
        Endpoint to = endpoint(member).orElseThrow();
        long begun = exchange.scheduler().nanoTime();
        CompletableFuture<R> answer = new CompletableFuture<>();
        exchange.transport()
                .call(to, method, question, patience)
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    Duration waited = Duration.ofNanos(exchange.scheduler().nanoTime() - begun);
                    if (failure == null
                            || Futures.cause(failure) instanceof RefusalException
                            || waited.compareTo(checkInterval()) > 0) {
                        Futures.<R>into(answer).accept(reply, failure);
                    } else {
                        exchange.scheduler()
                                .schedule(
                                        checkInterval(),
                                        () -> exchange.transport()
                                                .call(
                                                        to,
                                                        method,
                                                        question,
                                                        patience.minus(
                                                                checkInterval().multipliedBy(2)))
                                                .whenComplete(
                                                        exchange.scheduler().guarded(Futures.into(answer))));
                    }
                }));
        return answer;
    }

    private static boolean isRefusal(Throwable failure) {
        return Futures.cause(failure) instanceof RefusalException && !isBusy(failure);
    }

    private static boolean isBusy(Throwable failure) {
        return Futures.cause(failure) instanceof RefusalException refusal && refusal.reason() == Reason.BUSY;
    }

    private FetchPartRequest.Builder partQuestion(Group.Part part) {
        return FetchPartRequest.newBuilder().setGroupId(exchange.group().id()).setPart(part.index());
    }

    private CompletableFuture<Boolean> isAlive(int member) {
        Pending calls = pendingOf(member);
        CompletableFuture<Boolean> question = calls.question;
        if (question != null) {
            return question;
        }
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        calls.question = answer;
        ask(
                        member,
                        SwarmGrpc.getFetchOutcomeMethod(),
                        FetchOutcomeRequest.newBuilder()
                                .setGroupId(exchange.group().id())
                                .build(),
                        exchange.settings().partTimeout())
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    calls.question = null;
                    if (failure != null && !isBusy(failure)) {
                        gone(member, String.valueOf(Futures.cause(failure).getMessage()), isRefusal(failure));
                    } else if (failure == null && reply.getState() == OutcomeMessage.State.VOID) {
                        gone(member, "for it the round is void", true);
                    } else {
                        calls.aliveAtNanos = exchange.scheduler().nanoTime();
                    }
                    answer.complete(!unreachable.get(member));
                }));
        return answer;
    }

    /**
     * Takes a member for gone.
     *
     * @param answers whether it is alive nevertheless
     */
    void gone(int member, String why, boolean answers) {
        if (hub.isOver() || unreachable.get(member)) {
            return;
        }
        log.info(
                "{} does not reduce in the round for {}: {}",
                exchange.group().members().get(member),
                exchange.group().round(),
                why);
        unreachable.set(member);
        reasons.put(member, why);
        onGone.gone(member, answers);
    }

    /**
     * The reducer or root before this one may have answered some members before it failed. They will not send that part
     * again, so their answer becomes everybody's.
     */
    void askWhatThePredecessorAnswered(Group.Part part, Reducer<?> reducer, List<Integer> members) {
        FetchPartRequest question = partQuestion(part).setTakesOver(true).build();
        for (int member : members) {
            Endpoint endpoint = endpoint(member).orElse(null);
            if (member == exchange.self() || endpoint == null || unreachable.get(member)) {
                continue;
            }
            reducer.hold();
            exchange.transport()
                    .call(
                            endpoint,
                            SwarmGrpc.getFetchPartMethod(),
                            question,
                            exchange.settings().partTimeout())
                    .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                        reducer.release();
                        if (failure == null) {
                            hub.deliver(part, reply, member);
                        } else {
                            hub.reduceIfReady(part.index());
                        }
                    }));
        }
    }

    /** How often silence is to be checked, so that it is noticed in time. */
    Duration checkInterval() {
        return exchange.settings().partTimeout().dividedBy(CHECKS_PER_TIMEOUT);
    }

    /** Asks those for a sign of life who have not answered for a quarter of the part timeout. */
    void checkSilence(long now) {
        new TreeMap<>(pending).forEach((member, calls) -> {
            if (calls.calls > 0 && isQuestionable(now, calls.aliveAtNanos) && !unreachable.get(member)) {
                isAlive(member);
            }
        });
    }

    /** Asks a member for a sign of life, unless it has given one lately or is gone. */
    void askIfSilent(int member, long now) {
        Pending calls = pendingOf(member);
        if (member != exchange.self() && !unreachable.get(member) && isQuestionable(now, calls.aliveAtNanos)) {
            isAlive(member);
        }
    }

    /** Whether the part timeout will be over before the next check. */
    boolean isOverdue(long now, long since) {
        return now - since
                >= exchange.settings().partTimeout().minus(checkInterval()).toNanos();
    }

    /**
     * Whether a quarter of the part timeout will be over before the next check. Asking early costs little, and leaves a peer
     * whose line is full the whole timeout for its answer.
     */
    private boolean isQuestionable(long now, long since) {
        return now - since
                >= exchange.settings()
                        .partTimeout()
                        .dividedBy(4)
                        .minus(checkInterval())
                        .toNanos();
    }
}
