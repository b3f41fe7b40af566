package org.starling.swarm.averaging;

import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.compression.InvalidPayloadException;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The reducer's side of an all-reduce: takes the mean over the subgroup of those parts that this member reduces, and hands it
 * to the part's root. Confined to the protocol thread.
 */
final class ReducerSide {
    private static final Logger log = LoggerFactory.getLogger(ReducerSide.class);
    private static final int MOST_EXTENSIONS = 3;
    /** Whoever has brought less than half of its parts when half of the round is over does not bring them all in time. */
    private static final int HALF = 2;

    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final Counterparts others;
    private final RootSide roots;
    private final Map<Integer, SubgroupMean> means;
    private final Map<Integer, SubgroupReducer> reducers = new TreeMap<>();
    private final Map<Integer, Integer> handedUp = new TreeMap<>();
    private final Map<Integer, String> leftOut = new TreeMap<>();
    /** Parts that this member reduces as long as it is there itself. */
    private final BitSet own = new BitSet();
    /** By sender, parts that it has brought at least once; more of the same is no news of it. */
    private final BitSet[] brought;

    private final long beganAtNanos;
    private final long[] heardAtNanos;
    private final long[] longestSilence;
    private final int[] extensions;
    private final int[] extensionsToTakeOver;
    /** When somebody first wanted to know of a part that others are to reduce before this member, by index. */
    private final Map<Integer, Long> wantedAtNanos = new TreeMap<>();

    private final int[] partsInFlight;

    /** @param means of this member's subgroup, by part, where they are known and the average is not */
    ReducerSide(
            Exchange exchange,
            Exchange.Hub hub,
            Counterparts others,
            RootSide roots,
            Map<Integer, SubgroupMean> means) {
        this.exchange = exchange;
        this.hub = hub;
        this.others = others;
        this.roots = roots;
        this.means = means;
        this.partsInFlight = new int[exchange.subgroup().size()];
        Arrays.setAll(
                partsInFlight, i -> exchange.partsInFlight(exchange.subgroup().first() + i));
        exchange.group().parts().stream()
                .filter(part -> part.reducers(exchange.subgroup()).get(0) == exchange.self())
                .forEach(part -> own.set(part.index()));
        this.brought = new BitSet[exchange.subgroup().size()];
        Arrays.setAll(brought, i -> new BitSet());
        this.beganAtNanos = exchange.scheduler().nanoTime();
        this.heardAtNanos = new long[exchange.subgroup().size()];
        Arrays.fill(heardAtNanos, beganAtNanos);
        this.longestSilence = new long[exchange.subgroup().size()];
        this.extensions = new int[exchange.subgroup().size()];
        this.extensionsToTakeOver = new int[exchange.subgroup().size()];
    }

    /** Tells how long the senders have been silent at most; the exchange is over. */
    void measureSilences() {
        for (long silence : longestSilence) {
            if (silence > 0) {
                exchange.deadlines()
                        .used(
                                Deadline.SILENCE,
                                Deadlines.ANYBODY,
                                Duration.ofNanos(silence),
                                exchange.settings().partTimeout());
            }
        }
    }

    /** Begins with a part, unless that has been done. */
    SubgroupReducer open(Group.Part part) {
        SubgroupReducer reducer = reducers.get(part.index());
        if (reducer == null) {
            Group.Subgroup subgroup = exchange.subgroup();
            reducer = new SubgroupReducer(
                    exchange.group(), part, subgroup, exchange.scheduler().nanoTime());
            if (!exchange.helps()) {
                reducer.contribute(
                        exchange.self(), new SubgroupReducer.Contribution.Own(exchange.gradient(), part.offset()));
            }
            reducers.put(part.index(), reducer);
            if (!isOwn(part)) {
                List<Integer> members = new ArrayList<>();
                for (int member = subgroup.first(); member < subgroup.end(); member++) {
                    members.add(member);
                }
                others.askWhatThePredecessorAnswered(part, members);
            }
            hub.reduceIfReady(part.index());
        }
        return reducer;
    }

    /**
     * Notes that a sender brings a part, which is a sign of life the first time, if the part is this member's or others have brought it.
     *
     * @throws RefusalException unless it is of the subgroup and the part is reduced here
     */
    void requireSender(int member, Group.Part part) {
        if (!exchange.subgroup().contains(member)
                || !part.reducers(exchange.subgroup()).contains(exchange.self())) {
            throw new RefusalException(Reason.MALFORMED, "Part " + part.index() + " is not reduced here");
        }
        int sender = member - exchange.subgroup().first();
        boolean again = brought[sender].get(part.index());
        brought[sender].set(part.index());
        if (!again && (isOwn(part) || reducers.containsKey(part.index()))) {
            long now = exchange.scheduler().nanoTime();
            longestSilence[sender] = Math.max(longestSilence[sender], now - heardAtNanos[sender]);
            heardAtNanos[sender] = now;
        }
    }

    private boolean isOwn(Group.Part part) {
        return own.get(part.index());
    }

    /**
     * Takes in a part from a member of the subgroup. The future completes with the average, whether or not the member's part
     * is any good.
     */
    CompletableFuture<PartReply> receive(int member, Group.Part part, PartRequest request) {
        SubgroupReducer reducer = open(part);
        CompletableFuture<PartReply> reply = reducer.awaitResult();
        int expected = exchange.group().codec(part).encodedBytes(part.elements());
        if (request.getPayload().size() == expected) {
            reducer.contribute(member, new SubgroupReducer.Contribution.Sent(request.getPayload()));
        } else {
            leaveOut(
                    member,
                    part,
                    new InvalidPayloadException(
                            "It has " + request.getPayload().size() + " bytes instead of " + expected));
        }
        hub.reduceIfReady(part.index());
        return reply;
    }

    private void leaveOut(int member, Group.Part part, InvalidPayloadException problem) {
        leaveOut(member, "its part " + part.index() + " is invalid: " + problem.getMessage());
    }

    /** The average as a member is to get it: with the reason, if its own gradient is not in it. */
    PartReply addressed(int member, PartReply average) {
        String why = leftOut.get(member);
        return why == null ? average : average.toBuilder().setLeftOut(why).build();
    }

    /** Goes on without a sender's gradient. */
    void leaveOut(int member, String why) {
        if (leftOut.putIfAbsent(member, why) == null) {
            log.info(
                    "{} is left out of the round for {}: {}",
                    exchange.group().members().get(member),
                    exchange.group().round(),
                    why);
        }
    }

    /**
     * Whether a member's part, which it says it has sent, is wanted here and has not come. Then it is on its way, or lost, which the
     * member has some time to find out.
     */
    boolean isMissingFrom(int member, Group.Part part) {
        SubgroupReducer reducer = reducers.get(part.index());
        boolean missing = part.reducers(exchange.subgroup()).contains(exchange.self())
                && (reducer == null || reducer.isMissingFrom(member));
        if (missing) {
            boolean takesOver = !isOwn(part);
            long now = exchange.scheduler().nanoTime();
            if (takesOver) {
                wantedAtNanos.putIfAbsent(part.index(), now);
            }
            giveTime(member, takesOver, now);
        }
        return missing;
    }

    /** Waits for a member that is to bring something, some times. */
    private void giveTime(int member, boolean takesOver, long now) {
        int[] given = takesOver ? extensionsToTakeOver : extensions;
        int sender = member - exchange.subgroup().first();
        if (given[sender] < MOST_EXTENSIONS) {
            given[sender]++;
            heardAtNanos[sender] = Math.max(
                    heardAtNanos[sender],
                    now - exchange.settings().partTimeout().dividedBy(2).toNanos());
        }
    }

    /** Parts to which a member has not contributed although it has their average: a reducer before this one has answered it. */
    List<Integer> wantedFrom(int member) {
        List<Integer> wanted = reducers.values().stream()
                .filter(reducer -> reducer.isMissingFrom(member))
                .map(reducer -> reducer.part.index())
                .limit(UnaskedAverages.MAX_WANTED)
                .toList();
        if (!wanted.isEmpty()) {
            giveTime(member, true, exchange.scheduler().nanoTime());
        }
        return wanted;
    }

    /**
     * Whether nothing more is to be expected from a sender. One that this member cannot call, or that gives no parts, may still bring its
     * own; it is absent when it does not either.
     */
    private boolean isAbsent(int member, Group.Part part) {
        long now = exchange.scheduler().nanoTime();
        return leftOut.containsKey(member)
                || others.hasStopped(member)
                || !others.isLeft(member)
                        && others.isQuiet(
                                now, heardAtNanos[member - exchange.subgroup().first()])
                        && !isWaitingForAnswers(member, part);
    }

    /** Reduces the part if everybody has contributed who still counts. */
    void reduceIfReady(Group.Part part) {
        SubgroupReducer reducer = reducers.get(part.index());
        if (reducer != null && reducer.readyOnce(member -> isAbsent(member, part))) {
            leaveOutTheGone(reducer);
            List<SubgroupReducer.@Nullable Contribution> contributions = reducer.take();
            if (exchange.group().subgroups().size() == 1) {
                exchange.compute(
                        () -> {
                            SubgroupReducer.Reduced reduced = reducer.reduce(contributions);
                            return Map.entry(reduced, exchange.average(part, reduced.mean()));
                        },
                        hub,
                        reduced -> {
                            reduced.getKey().invalid().forEach((member, problem) -> leaveOut(member, part, problem));
                            hub.deliver(part, reduced.getValue());
                        });
            } else {
                exchange.compute(() -> reducer.reduce(contributions), hub, reduced -> {
                    reduced.invalid().forEach((member, problem) -> leaveOut(member, part, problem));
                    reduced(part, reduced.mean());
                });
            }
        }
    }

    private void leaveOutTheGone(SubgroupReducer reducer) {
        Group.Subgroup subgroup = exchange.subgroup();
        for (int member = subgroup.first(); member < subgroup.end(); member++) {
            if (!reducer.hasFrom(member)) {
                leaveOut(member, others.whyGone(member));
            }
        }
    }

    private void reduced(Group.Part part, SubgroupMean mean) {
        if (!hub.isStaged(part.index()) && !hub.isOver()) {
            means.put(part.index(), mean);
            roots.contribute(part, mean);
            handUp(part);
        }
    }

    /** Somebody is gone: what was handed to it goes to the next root. */
    void handUpAll() {
        List.copyOf(means.keySet())
                .forEach(part -> handUp(exchange.group().parts().get(part)));
    }

    private void handUp(Group.Part part) {
        SubgroupMean mean = means.get(part.index());
        if (mean == null || hub.isOver()) {
            return;
        }
        others.firstLeft(part.roots())
                .ifPresentOrElse(
                        root -> {
                            if (root == exchange.self()) {
                                roots.open(part);
                            } else if (!Objects.equals(handedUp.put(part.index(), root), root)) {
                                sendUp(part, mean, root);
                            }
                        },
                        () -> hub.cancel(
                                "No root is left for part " + part.index() + ": " + others.whyGone(part.roots())));
    }

    /** The root before this one may have failed: hands it the mean, if it is here. */
    void offerMean(Group.Part part, int successor) {
        SubgroupMean mean = means.get(part.index());
        if (mean != null
                && exchange.group().subgroups().size() > 1
                && part.roots().indexOf(successor) > 0) {
            sendUp(part, mean, successor);
        }
    }

    private void sendUp(Group.Part part, SubgroupMean mean, int root) {
        others.call(
                        root,
                        part,
                        SwarmGrpc.getExchangeMeanMethod(),
                        () -> MeanRequest.newBuilder()
                                .setGroupId(exchange.group().id())
                                .setPart(part.index())
                                .setMember(exchange.self())
                                .setPayload(UnsafeByteOperations.unsafeWrap(
                                        Exchange.EXACT.encode(mean.values(), 0, mean.values().length)))
                                .setIncluded(mean.includedBytes())
                                .build(),
                        () -> sendUp(part, mean, root))
                .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                    if (failure == null) {
                        hub.deliver(part, reply, root);
                    } else if (!hub.isOver()) {
                        others.isWorthAnotherCall(root, part, failure)
                                .whenComplete(exchange.scheduler().guarded((again, none) -> {
                                    if (again) {
                                        handedUp.remove(part.index(), root);
                                        handUp(part);
                                    }
                                }));
                    }
                }));
    }

    void checkSilence(long now) {
        for (SubgroupReducer reducer : List.copyOf(reducers.values())) {
            boolean overdue = others.isOverdue(now, reducer.createdAtNanos());
            if (!reducer.isReducing() && (overdue || isKnownToBeLeft(reducer, now))) {
                leaveOutTheSilent(reducer, now, overdue);
            }
        }
    }

    /**
     * Whether this member has a part because all are gone that come before it, for which it has their silence and not only a sender's
     * word, nor that they gave no parts, and has known that it may be needed for so long that everybody who waits for the average has asked or sent meanwhile.
     */
    private boolean isKnownToBeLeft(SubgroupReducer reducer, long now) {
        Group.Part part = reducer.part;
        return !isOwn(part)
                && others.isQuiet(now, wantedAtNanos.getOrDefault(part.index(), reducer.createdAtNanos()))
                && part.reducers(exchange.subgroup()).stream()
                        .takeWhile(before -> before != exchange.self())
                        .allMatch(others::isUnreachable);
    }

    /** @param overdue whether those have had their time, too, whom nobody can ask: they may have an average of which they know only that */
    private void leaveOutTheSilent(SubgroupReducer reducer, long now, boolean overdue) {
        Group.Subgroup subgroup = exchange.subgroup();
        Duration allowed = exchange.settings().partTimeout();
        for (int member = subgroup.first(); member < subgroup.end(); member++) {
            int sender = member - subgroup.first();
            if (reducer.hasFrom(member) || !overdue && !others.canBeCalled(member)) {
                continue;
            }
            if (others.isOverdue(now, heardAtNanos[sender])
                    && !others.isUnreachable(member)
                    && !isWaitingForAnswers(member, reducer.part)) {
                longestSilence[sender] = Math.max(longestSilence[sender], allowed.toNanos());
                leaveOut(member, "silent for " + allowed + " while part " + reducer.part.index() + " waited for it");
            } else if (isBehind(sender, now)) {
                leaveOut(
                        member,
                        "it has brought " + brought[sender].cardinality() + " parts in half of the round's time");
            }
        }
    }

    /** Whether half of the round is over, and a sender has not brought half of the parts that this member reduces. */
    private boolean isBehind(int sender, long now) {
        BitSet known = (BitSet) own.clone();
        known.and(brought[sender]);
        return now - beganAtNanos
                        >= exchange.settings().roundTimeout().dividedBy(HALF).toNanos()
                && known.cardinality() * HALF < own.cardinality();
    }

    /**
     * A member that has as many parts under way as it may sends no more before it is answered. It sends them one after another, so those
     * count that come before the part which waits for it.
     */
    private boolean isWaitingForAnswers(int member, Group.Part part) {
        List<Integer> line = part.reducers(exchange.subgroup());
        return reducers.values().stream()
                        .filter(r -> r.part.index() < part.index())
                        .filter(r -> r.hasFrom(member))
                        .filter(r -> r.part.reducers(exchange.subgroup()).equals(line))
                        .count()
                >= partsInFlight[member - exchange.subgroup().first()];
    }

    Map<Integer, SubgroupReducer> open() {
        return reducers;
    }
}
