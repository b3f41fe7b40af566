package org.starling.swarm.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
    /** Parts that are asked about in one question. */
    static final int MAX_PARTS_IN_QUESTION = 256;

    private static final int ANSWER_TIMEOUTS = 3;
    private static final int CHECKS_PER_TIMEOUT = 8;
    private static final int SAID_LOST = 2;
    private static final int REPETITIONS = 2;
    /** Part timeouts that others may cost a reducer or a root before it gives some part: one in silence, and what keeps them from it. */
    private static final int BARREN_TIMEOUTS = 3;

    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final Distrust distrust;
    private final Departures onGone;
    private final Questions questions;
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet unreachable = new BitSet();
    /** They are there, and may send and vote; as reducers, or roots, they are of no use. */
    private final BitSet passedOver = new BitSet();

    private final BitSet stopped = new BitSet();
    private final Map<Integer, String> reasons = new TreeMap<>();
    private final long beganAtNanos;

    /** Calls to a member that are not answered, and when the member has last given a sign of life. */
    private static final class Pending {
        final Set<PartCall> calls = new LinkedHashSet<>();
        final Map<Integer, Integer> repeated = new HashMap<>();
        /** By part that it has been asked for and has not given: when it was asked first. */
        final Map<Integer, Long> owedSince = new TreeMap<>();

        long gaveAtNanos;
        long aliveAtNanos;
        long askedAtNanos;

        boolean isQuestioned;

        Pending(long aliveAtNanos) {
            this.gaveAtNanos = aliveAtNanos;
            this.aliveAtNanos = aliveAtNanos;
            this.askedAtNanos = aliveAtNanos;
        }

        /** It has given the average of a part. */
        void gave(long now) {
            gaveAtNanos = now;
            aliveAtNanos = now;
        }
    }

    /** A call about a part that is not answered. */
    private static final class PartCall {
        final Group.Part part;
        final Runnable repeat;
        final long beganAtNanos;
        int timesSaidLost;

        PartCall(Group.Part part, Runnable repeat, long beganAtNanos) {
            this.part = part;
            this.repeat = repeat;
            this.beganAtNanos = beganAtNanos;
        }
    }

    /** Hears of members that this one goes on without. */
    interface Departures {
        /** @param answers whether it is alive nevertheless: it refuses, or is too slow */
        void gone(int member, boolean answers);
    }

    Counterparts(Exchange exchange, Exchange.Hub hub, Distrust distrust, Departures onGone) {
        this.exchange = exchange;
        this.hub = hub;
        this.distrust = distrust;
        this.onGone = onGone;
        this.beganAtNanos = exchange.scheduler().nanoTime();
        this.questions = new Questions(exchange, checkInterval());
    }

    BitSet unreachable() {
        return unreachable;
    }

    /** Why none of the members is left, in a sentence for each. */
    String whyGone(List<Integer> members) {
        return members.stream()
                .map(member -> exchange.group().participant(member) + ": " + whyGone(member))
                .collect(Collectors.joining("; "));
    }

    boolean canBeCalled(int member) {
        return endpoint(member).isPresent();
    }

    boolean isUnreachable(int member) {
        return unreachable.get(member);
    }

    /** Whether the member has said itself that it takes part no longer. */
    boolean hasStopped(int member) {
        return stopped.get(member);
    }

    /** Whether a member is there and of use to those who need a reducer, or a root. */
    boolean isLeft(int member) {
        return !unreachable.get(member) && !passedOver.get(member);
    }

    Optional<Integer> firstLeft(List<Integer> members) {
        return members.stream().filter(this::isLeft).findFirst();
    }

    /**
     * Makes a call that is answered when a part is reduced; the message is made on a worker.
     *
     * @param repeat makes it once more, should it have been lost
     */
    <Q extends Message, R extends Message> CompletableFuture<R> call(
            int member, Group.Part part, MethodDescriptor<Q, R> method, Callable<Q> request, Runnable repeat) {
        Pending calls = pendingOf(member);
        long began = exchange.scheduler().nanoTime();
        if (calls.calls.isEmpty()) {
            calls.aliveAtNanos = began;
        }
        PartCall call = new PartCall(part, repeat, began);
        calls.calls.add(call);
        calls.owedSince.putIfAbsent(part.index(), began);
        Duration usual = exchange.settings().partTimeout().multipliedBy(ANSWER_TIMEOUTS);
        return exchange.scheduler()
                .compute(request)
                .thenCompose(message -> {
                    // the message itself is let go as soon as it is sent
                    long sent = message.getSerializedSize();
                    return exchange.calls()
                            .call(Deadline.PART, endpoint(member).orElseThrow(), method, message, usual)
                            .thenApply(reply -> {
                                exchange.moved(sent + reply.getSerializedSize());
                                return reply;
                            });
                })
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    calls.calls.remove(call);
                    if (failure == null) {
                        calls.gave(exchange.scheduler().nanoTime());
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
        return exchange.group().participant(member).endpoint();
    }

    /**
     * A call about a part has failed. Completes once it is known whether to make it again. A member that refuses is taken for
     * gone, unless it only has too much to do; another is asked for the part itself: it gives it, or says that it waits for
     * somebody else, or is taken for gone, even if it gives other signs of life.
     */
    CompletableFuture<Boolean> isWorthAnotherCall(int member, Group.Part part, Throwable failure) {
        if (!isLeft(member) || hub.isStaged(part.index())) {
            return CompletableFuture.completedFuture(false);
        }
        if (isRefusal(failure)) {
            refused(member, failure);
            return CompletableFuture.completedFuture(false);
        }
        if (isBusy(failure)) {
            CompletableFuture<Boolean> later = new CompletableFuture<>();
            exchange.scheduler().schedule(checkInterval(), () -> later.complete(isLeft(member)));
            return later;
        }
        return fetch(member, part);
    }

    /** Asks for a part; false if it is here then, or the member is gone. */
    private CompletableFuture<Boolean> fetch(int member, Group.Part part) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        questions
                .ask(
                        Deadline.FETCHED_PART,
                        endpoint(member).orElseThrow(),
                        SwarmGrpc.getFetchPartMethod(),
                        partQuestion(part).build())
                .whenComplete(exchange.scheduler().guarded((reply, problem) -> {
                    if (problem == null) {
                        pendingOf(member).gave(exchange.scheduler().nanoTime());
                        hub.deliver(part, reply, member);
                    } else if (!(Futures.cause(problem) instanceof RefusalException)) {
                        gone(
                                member,
                                "it does not answer for part " + part.index() + ": "
                                        + Futures.cause(problem).getMessage(),
                                false);
                    }
                    answer.complete(problem != null && isLeft(member));
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

    /**
     * Asks for a sign of life, and whether what has been sent has arrived.
     *
     * @param besides parts, by index, that this member may have to send there
     */
    private void question(int member, Pending pending, Set<Integer> besides, long now) {
        if (pending.isQuestioned) {
            return;
        }
        pending.isQuestioned = true;
        pending.askedAtNanos = now;
        FetchOutcomeRequest.Builder question =
                FetchOutcomeRequest.newBuilder().setGroupId(exchange.group().id());
        IntStream.concat(
                        pending.calls.stream()
                                .filter(call -> isQuestionable(now, call.beganAtNanos))
                                .mapToInt(call -> call.part.index()),
                        besides.stream().mapToInt(Integer::intValue))
                .distinct()
                .limit(MAX_PARTS_IN_QUESTION)
                .forEach(question::addWaitingFor);
        questions
                .ask(
                        Deadline.SIGN_OF_LIFE,
                        endpoint(member).orElseThrow(),
                        SwarmGrpc.getFetchOutcomeMethod(),
                        question.build())
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    pending.isQuestioned = false;
                    if (failure != null && isRefusal(failure)) {
                        refused(member, failure);
                    } else if (failure != null && !isBusy(failure)) {
                        gone(member, String.valueOf(Futures.cause(failure).getMessage()), false);
                    } else if (failure == null && reply.getState() == OutcomeMessage.State.VOID) {
                        gone(member, "for it the round is void", true);
                    } else {
                        pending.aliveAtNanos = exchange.scheduler().nanoTime();
                        if (failure == null) {
                            findLost(member, pending, reply);
                        }
                    }
                }));
    }

    /**
     * Makes those calls again that the member has not received, and fetches what it has answered, if it says so twice: what
     * is on its way needs some time.
     */
    private void findLost(int member, Pending pending, OutcomeMessage reply) {
        Set<Integer> missing = new TreeSet<>(reply.getMissingList());
        Set<Integer> ready = new TreeSet<>(reply.getReadyList());
        long now = exchange.scheduler().nanoTime();
        for (PartCall call : List.copyOf(pending.calls)) {
            int part = call.part.index();
            if ((missing.contains(part) || ready.contains(part))
                    && isQuestionable(now, call.beganAtNanos)
                    && ++call.timesSaidLost >= SAID_LOST
                    && !hub.isStaged(part)
                    && isLeft(member)) {
                if (ready.contains(part)) {
                    pending.calls.remove(call);
                    fetch(member, call.part);
                } else if (pending.repeated.merge(part, 1, Integer::sum) <= REPETITIONS) {
                    // more would keep a slow line from ever bringing it
                    pending.calls.remove(call);
                    call.repeat.run();
                }
            }
        }
    }

    private void refused(int member, Throwable refusal) {
        if (Futures.cause(refusal) instanceof RefusalException why && why.reason() == Reason.STOPPING) {
            stopped.set(member);
        }
        gone(member, String.valueOf(Futures.cause(refusal).getMessage()), true);
    }

    /** Why a member is gone. */
    String whyGone(int member) {
        return reasons.getOrDefault(member, "it was excluded");
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
                exchange.group().participant(member),
                exchange.group().round(),
                why);
        unreachable.set(member);
        reasons.put(member, why);
        onGone.gone(member, answers);
        hub.goOnWithout(member);
    }

    /** Looks to the next in line for what a member was to reduce; nothing else is held against it. */
    private void passOver(int member, String why) {
        log.info(
                "{} is passed over as a reducer in the round for {}: {}",
                exchange.group().participant(member),
                exchange.group().round(),
                why);
        passedOver.set(member);
        distrust.holdsUp(exchange.group().participant(member).peer());
        reasons.put(member, why);
        hub.goOnWithout(member);
    }

    /**
     * The reducer or root before this one may have answered some members before it failed. They will not send that part
     * again, so their answer becomes everybody's. Nobody waits for the answers as such: the part is complete only when each of these
     * members has sent it, which none does that has an average, or is gone.
     */
    void askWhatThePredecessorAnswered(Group.Part part, List<Integer> members) {
        FetchPartRequest question = partQuestion(part).setTakesOver(true).build();
        for (int member : members) {
            Endpoint endpoint = endpoint(member).orElse(null);
            if (member == exchange.self() || endpoint == null || unreachable.get(member)) {
                continue;
            }
            exchange.calls()
                    .call(
                            Deadline.FETCHED_PART,
                            endpoint,
                            SwarmGrpc.getFetchPartMethod(),
                            question,
                            exchange.settings().partTimeout().dividedBy(2))
                    .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                        if (failure == null) {
                            hub.deliver(part, reply, member);
                        }
                    }));
        }
    }

    /** How often silence is to be checked, so that it is noticed in time. */
    Duration checkInterval() {
        return exchange.commonPartTimeout().dividedBy(CHECKS_PER_TIMEOUT);
    }

    /**
     * Asks those for a sign of life who have not answered, or have not answered some call, for a quarter of the part timeout; passes over
     * those who give it, and no parts.
     */
    void checkSilence(long now) {
        new TreeMap<>(pending).forEach((member, waiting) -> {
            waiting.owedSince.keySet().removeIf(hub::isStaged);
            if (!isLeft(member)) {
                return;
            }
            if (isBarren(now, member, waiting)) {
                passOver(member, "it answers, and has given no part for " + barrenTime(member));
            } else if (!waiting.owedSince.isEmpty() && isBehind(now, member)) {
                passOver(member, "less than half of its parts are here, and most of the round's time is over");
            } else if (isToBeAsked(now, waiting)) {
                question(member, waiting, Set.of(), now);
                if (isSilent(now, waiting.aliveAtNanos)) {
                    askSuccessors(member, waiting, now);
                }
            }
        });
    }

    private boolean isBarren(long now, int member, Pending waiting) {
        long allowed = barrenTime(member).toNanos();
        return now - waiting.gaveAtNanos >= allowed
                && waiting.owedSince.values().stream().anyMatch(since -> now - since >= allowed);
    }

    /** How long somebody may give no part; a reducer may wait for a root as long as that. */
    private Duration barrenTime(int member) {
        Duration round = exchange.settings().roundTimeout();
        Duration allowed = exchange.settings().partTimeout().multipliedBy(BARREN_TIMEOUTS);
        if (exchange.group().subgroups().size() == 1) {
            return least(allowed, mostOf(round));
        }
        return exchange.subgroup().contains(member)
                ? least(allowed.multipliedBy(2), mostOf(round))
                : least(allowed, round.dividedBy(2));
    }

    /** After this whoever has done less than half will not do the rest. */
    private static Duration mostOf(Duration round) {
        return round.multipliedBy(3).dividedBy(4);
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Whether most of the round is over, and less than half of the parts are here that a member reduces. */
    private boolean isBehind(long now, int member) {
        if (now - beganAtNanos < mostOf(exchange.settings().roundTimeout()).toNanos()) {
            return false;
        }
        List<Group.Part> reduced = exchange.group().parts().stream()
                .filter(part -> part.reducers(exchange.subgroup()).get(0) == member
                        || part.roots().get(0) == member)
                .toList();
        return reduced.stream().filter(part -> hub.isStaged(part.index())).count() * 2 < reduced.size();
    }

    /**
     * Those who would take over from a member that is silent are asked at the same time: should they have died together, they cost no
     * more than one of them; if not, they learn that they may be needed.
     */
    private void askSuccessors(int member, Pending waiting, long now) {
        Map<Integer, Set<Integer>> partsOf = new TreeMap<>();
        for (PartCall call : waiting.calls) {
            for (List<Integer> line : List.of(call.part.reducers(exchange.subgroup()), call.part.roots())) {
                line.stream()
                        .skip(line.contains(member) ? line.indexOf(member) + 1 : line.size())
                        .forEach(successor -> partsOf.computeIfAbsent(successor, s -> new TreeSet<>())
                                .add(call.part.index()));
            }
        }
        partsOf.forEach((successor, parts) -> askIfSilent(successor, parts, now));
    }

    private boolean isToBeAsked(long now, Pending waiting) {
        return !waiting.calls.isEmpty()
                && (isQuestionable(now, waiting.aliveAtNanos)
                        || isQuestionable(now, waiting.askedAtNanos)
                                && waiting.calls.stream().anyMatch(call -> isQuestionable(now, call.beganAtNanos)));
    }

    /** Asks a member for a sign of life, unless it has given one lately or is gone. */
    void askIfSilent(int member, long now) {
        askIfSilent(member, Set.of(), now);
    }

    private void askIfSilent(int member, Set<Integer> parts, long now) {
        if (member == exchange.self() || unreachable.get(member)) {
            return;
        }
        Pending calls = pendingOf(member);
        if (isQuestionable(now, calls.aliveAtNanos)) {
            question(member, calls, parts, now);
        }
    }

    /** Whether a quarter of the part timeout is over: one that lives has answered a question meanwhile. */
    private boolean isSilent(long now, long since) {
        return now - since >= exchange.settings().partTimeout().dividedBy(4).toNanos();
    }

    /** Whether half of the part timeout will be over before the next check. */
    boolean isQuiet(long now, long since) {
        return now - since
                >= exchange.settings()
                        .partTimeout()
                        .dividedBy(2)
                        .minus(checkInterval())
                        .toNanos();
    }

    /** Whether the part timeout will be over before the next check. */
    boolean isOverdue(long now, long since) {
        return now - since
                >= exchange.settings().partTimeout().minus(checkInterval()).toNanos();
    }

    /**
     * Whether a quarter of the part timeout will be over before the next check. Asking early costs little, and leaves a peer
     * whose line is full most of the timeout for its answer.
     */
    private boolean isQuestionable(long now, long since) {
        return now - since
                >= exchange.commonPartTimeout()
                        .dividedBy(4)
                        .minus(checkInterval())
                        .toNanos();
    }
}
