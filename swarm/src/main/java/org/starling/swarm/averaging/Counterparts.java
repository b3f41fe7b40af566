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
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
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

    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final IntConsumer onGone;
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet unreachable = new BitSet();

    /** Calls to a member that are not answered, and when the member has last given a sign of life. */
    private static final class Pending {
        int calls;
        long aliveAtNanos;

        @Nullable CompletableFuture<Boolean> question;

        Pending(long aliveAtNanos) {
            this.aliveAtNanos = aliveAtNanos;
        }
    }

    /** @param onGone told once when a member cannot be reached */
    Counterparts(Exchange exchange, Exchange.Hub hub, IntConsumer onGone) {
        this.exchange = exchange;
        this.hub = hub;
        this.onGone = onGone;
    }

    BitSet unreachable() {
        return unreachable;
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
                .thenCompose(message -> exchange.transport()
                        .call(endpoint(member).orElseThrow(), method, message, allowed)
                        .thenApply(reply -> {
                            exchange.moved(message, reply);
                            return reply;
                        }))
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
     * A call has failed. Completes once it is known whether to call the same member again: a member that refuses, or gives no
     * sign of life, is taken for gone.
     */
    CompletableFuture<Boolean> isWorthAnotherCall(int member, Throwable failure) {
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
        exchange.transport()
                .call(
                        endpoint(member).orElseThrow(),
                        SwarmGrpc.getFetchOutcomeMethod(),
                        FetchOutcomeRequest.newBuilder()
                                .setGroupId(exchange.group().id())
                                .build(),
                        exchange.settings().partTimeout())
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    calls.question = null;
                    if (failure != null) {
                        gone(member, String.valueOf(failure.getMessage()));
                    } else if (reply.getState() == OutcomeMessage.State.VOID) {
                        gone(member, "for it the round is void");
                    } else {
                        calls.aliveAtNanos = exchange.scheduler().nanoTime();
                    }
                    answer.complete(!unreachable.get(member));
                }));
        return answer;
    }

    /** Takes a member for gone. */
    void gone(int member, String why) {
        if (hub.isOver() || unreachable.get(member)) {
            return;
        }
        log.info(
                "{} does not reduce in the round for {}: {}",
                exchange.group().members().get(member),
                exchange.group().round(),
                why);
        unreachable.set(member);
        onGone.accept(member);
    }

    /**
     * The reducer or root before this one may have answered some members before it failed. They will not send that part
     * again, so their answer becomes everybody's.
     */
    void askWhatThePredecessorAnswered(Group.Part part, Reducer<?> reducer, List<Integer> members) {
        FetchPartRequest question = FetchPartRequest.newBuilder()
                .setGroupId(exchange.group().id())
                .setPart(part.index())
                .build();
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

    /** Asks those for a sign of life who have not answered for long. */
    void checkSilence(long now) {
        new TreeMap<>(pending).forEach((member, calls) -> {
            if (calls.calls > 0 && isOverdue(now, calls.aliveAtNanos) && !unreachable.get(member)) {
                isAlive(member);
            }
        });
    }

    /** Asks a member for a sign of life, unless it has given one lately or is gone. */
    void askIfSilent(int member, long now) {
        Pending calls = pendingOf(member);
        if (member != exchange.self() && !unreachable.get(member) && isOverdue(now, calls.aliveAtNanos)) {
            isAlive(member);
        }
    }

    boolean isOverdue(long now, long since) {
        return now - since >= exchange.settings().partTimeout().toNanos();
    }
}
