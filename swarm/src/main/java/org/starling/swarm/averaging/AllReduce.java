package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;

/**
 * One member's part in a butterfly all-reduce of one or two levels: it sends each part of its gradient to the part's reducer
 * in its subgroup and is answered with the average ({@link PartSender}); it reduces its own span and hands each part's mean to
 * the part's root ({@link ReducerSide}), who averages over the subgroups and encodes the result once for everybody, and it is
 * the root of some parts itself ({@link RootSide}). With one subgroup the reducers are the roots. Results are staged, never
 * applied.
 *
 * <p>A sender that is silent for a part timeout, or sends nonsense, is left out from then on and its weight with it. Somebody
 * who does not answer for that long is asked for a sign of life; a reducer or a root that gives none loses its parts to the
 * next in line ({@link Counterparts}). A subgroup is left out of a part only when all that could reduce it there are gone.
 * Confined to the protocol thread; one use.
 */
final class AllReduce implements Exchange.Hub {
    private static final float[] NONE = {};
    private static final int MAX_REASON_CHARACTERS = 200;

    private final Exchange exchange;
    private final Counterparts others;
    private final PartSender sender;
    private final ReducerSide reducers;
    private final RootSide roots;
    private final Distrust distrust;
    private final Omissions omissions;

    private float[] average;
    private final @Nullable PartReply[] results;
    private final @Nullable SignedAverage[] signed;
    private final boolean[] delivering;
    /** Averages of this member's own that came while another's was looked at, which may be no good. */
    private final Map<Integer, SignedAverage.WithAverage> ownMeanwhile = new TreeMap<>();

    private final Map<Integer, SubgroupMean> means = new TreeMap<>();
    private final Map<Integer, String> leftOutBy = new TreeMap<>();
    private final CompletableFuture<AveragedGradient> result = new CompletableFuture<>();
    private int remaining;
    private Scheduler.@Nullable Cancellable silenceCheck;

    /**
     * @param gradient {@code float[elements]}: this member's mean gradient; not changed, but kept until the end; empty for a helper
     * @param identity of this member
     * @param distrust told who has left this member out, or has held the round up
     * @param onGone told when this member goes on without another
     */
    AllReduce(
            Group group,
            int self,
            float[] gradient,
            PeerIdentity identity,
            AveragingSettings settings,
            TimedCalls calls,
            Scheduler scheduler,
            Distrust distrust,
            Counterparts.Departures onGone) {
        if (gradient.length != (group.isHelper(self) ? 0 : group.elements())) {
            throw new IllegalArgumentException(
                    "A gradient of " + gradient.length + " elements in a group of " + group.elements());
        }
        this.exchange = new Exchange(group, self, gradient, identity, settings, calls, scheduler);
        int parts = group.parts().size();
        this.average = new float[group.elements()];
        this.results = new PartReply[parts];
        this.signed = new SignedAverage[parts];
        this.delivering = new boolean[parts];
        this.remaining = parts;
        this.distrust = distrust;
        this.omissions = new Omissions(group, self);
        this.others = new Counterparts(exchange, this, distrust, onGone);
        this.roots = new RootSide(exchange, this, others, means);
        this.reducers = new ReducerSide(exchange, this, others, roots, means);
        this.sender = new PartSender(exchange, this, others, reducers::open);
    }

    CompletableFuture<AveragedGradient> start() {
        if (!exchange.helps()) {
            sender.start();
        }
        scheduleSilenceCheck();
        result.whenComplete(exchange.scheduler().guarded((value, failure) -> {
            if (silenceCheck != null) {
                silenceCheck.cancel();
            }
            reducers.measureSilences();
            omissions.tell(distrust);
        }));
        return result;
    }

    /** Ends the exchange without a result; whoever waits for a part is told. */
    @Override
    public void cancel(String reason) {
        RefusalException refusal = new RefusalException(Reason.UNKNOWN_GROUP, reason);
        result.completeExceptionally(refusal);
        List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
        reducers.open().values().forEach(reducer -> waiting.addAll(reducer.waiting()));
        roots.open().values().forEach(root -> waiting.addAll(root.waiting()));
        waiting.forEach(w -> w.completeExceptionally(refusal));
        release();
    }

    /** Lets go of what only an exchange under way needs. */
    private void release() {
        exchange.release();
        means.clear();
        ownMeanwhile.clear();
        reducers.open().clear();
        roots.open().clear();
    }

    /** Forgets the averages of an exchange that is over, which are as large as the gradient, but for what was signed of them. */
    void forgetAverages() {
        average = NONE;
        Arrays.fill(results, null);
    }

    /** Those of the run, with a part timeout that suits the members' lines and the way from here to them. */
    AveragingSettings settings() {
        return exchange.settings();
    }

    /** Bytes a second that this member's line has carried in each direction; empty if too little has moved to tell. */
    OptionalDouble bandwidth() {
        return exchange.traffic().bytesPerSecond();
    }

    BitSet unreachable() {
        return others.unreachable();
    }

    /** Parts that have no result yet. */
    int remaining() {
        return remaining;
    }

    @Override
    public boolean isOver() {
        return result.isDone();
    }

    @Override
    public boolean isStaged(int part) {
        return results[part] != null;
    }

    /** Goes on without a member that nobody must deal with any more. */
    void exclude(int member) {
        reducers.leaveOut(member, "it is excluded");
        others.gone(member, "it is excluded", true);
    }

    @Override
    public void goOnWithout(int member) {
        sender.gone(member);
        reducers.handUpAll();
        // it does not send any more either
        reduceWhatIsReady();
    }

    // ---- what has been averaged ----

    @Override
    public void deliver(Group.Part part, PartReply answer, int from) {
        if (!answer.getLeftOut().isEmpty()) {
            String why = answer.getLeftOut();
            leftOutBy.putIfAbsent(from, why.substring(0, Math.min(why.length(), MAX_REASON_CHARACTERS)));
        }
        PartReply reply = answer.toBuilder().clearLeftOut().build();
        boolean excused = !answer.getLeftOut().isEmpty();
        take(
                part,
                reply,
                () -> SignedAverage.of(exchange.group(), part, reply, AveragedGradient.hashOf(reply)),
                () -> omissions.taken(part, reply, from, excused),
                problem -> {
                    others.gone(from, "it answered nonsense: " + problem.getMessage(), true);
                    SignedAverage.WithAverage own = ownMeanwhile.remove(part.index());
                    if (own != null) {
                        deliver(part, own);
                    } else if (!exchange.helps()) {
                        sender.sendAgain(part);
                    }
                });
    }

    @Override
    public void deliver(Group.Part part, SignedAverage.WithAverage own) {
        if (delivering[part.index()]) {
            ownMeanwhile.put(part.index(), own);
            return;
        }
        take(
                part,
                own.average(),
                own::statement,
                () -> {},
                problem -> cancel("This peer's own average is no good: " + problem.getMessage()));
    }

    /** @param verify what is signed of the average, on a worker */
    private void take(
            Group.Part part,
            PartReply reply,
            Supplier<SignedAverage> verify,
            Runnable onSense,
            Consumer<Throwable> onNonsense) {
        int index = part.index();
        if (results[index] != null || delivering[index] || result.isDone()) {
            return;
        }
        delivering[index] = true;
        float[] target = average;
        exchange.scheduler()
                .compute(() -> {
                    exchange.group()
                            .codec(part)
                            .decode(reply.getPayload().asReadOnlyByteBuffer(), target, part.offset(), part.elements());
                    return verify.get();
                })
                .whenComplete(exchange.scheduler().guarded((statement, failure) -> {
                    delivering[index] = false;
                    if (result.isDone()) {
                        return;
                    }
                    if (failure != null) {
                        onNonsense.accept(failure);
                        return;
                    }
                    results[index] = StagedParts.withoutWhatTheValuesSay(exchange.group(), part, reply);
                    signed[index] = statement;
                    onSense.run();
                    ownMeanwhile.remove(index);
                    means.remove(index);
                    answerWaiting(index, reply);
                    sender.staged(part);
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
        List<byte[]> hashes = statements(0, signed.length).stream()
                .map(statement -> statement.hash().toBytes())
                .toList();
        AveragedGradient averaged =
                new AveragedGradient(average, List.copyOf(parts), AveragedGradient.digestOf(hashes));
        average = NONE;
        release();
        result.complete(averaged);
    }

    /** What roots have signed of the parts that are here, of some in a row. */
    List<SignedAverage> statements(int from, int parts) {
        return Arrays.stream(signed)
                .skip(from)
                .limit(parts)
                .flatMap(Stream::ofNullable)
                .toList();
    }

    private void answerWaiting(int part, PartReply reply) {
        List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
        Optional.ofNullable(reducers.open().remove(part)).ifPresent(reducer -> waiting.addAll(reducer.waiting()));
        Optional.ofNullable(roots.open().remove(part)).ifPresent(root -> waiting.addAll(root.waiting()));
        waiting.forEach(w -> {
            exchange.moved(reply);
            w.complete(reply);
        });
    }

    /** Others have the average: fetches from them what is missing here, for a reducer may be slow, and so may be this member. */
    void fetchMissing(List<Integer> holders) {
        new MissingParts(exchange, this, holders).fetch();
    }

    /** Whether the averaged part is here. */
    boolean has(int part) {
        return part >= 0 && part < results.length && results[part] != null;
    }

    /** The averaged part, if it is here. */
    Optional<PartReply> find(int part) {
        if (part < 0 || part >= results.length || average.length == 0) {
            return Optional.empty();
        }
        return Optional.ofNullable(results[part])
                .map(kept -> StagedParts.complete(
                        exchange.group(), exchange.group().parts().get(part), kept, average));
    }

    /** Why other members have gone on without this one's gradient, by reducer. */
    Map<Integer, String> leftOutBy() {
        return leftOutBy;
    }

    // ---- what others send and ask for ----

    /** A part's average as a member is to get it: with the reason, if its own gradient is not in it. */
    PartReply addressed(int member, PartReply average) {
        return reducers.addressed(member, average);
    }

    /** Whether a member waits in vain for a part's average: what it is to contribute has not come. */
    boolean isMissingFrom(int member, int index) {
        Group.Part part = requirePart(index);
        return !result.isDone()
                && !isStaged(index)
                && (exchange.subgroup().contains(member)
                        ? reducers.isMissingFrom(member, part)
                        : roots.isMissingFrom(member, part));
    }

    /** Parts that this member reduces, and whose average a member can bring that has the whole result: some of them. */
    List<Integer> wantedFrom(int member) {
        return result.isDone() || !exchange.subgroup().contains(member) ? List.of() : reducers.wantedFrom(member);
    }

    /** Takes in a part, or its average, from a member of the subgroup. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, PartRequest request) {
        Group.Part part = requirePart(request.getPart());
        reducers.requireSender(member, part);
        Optional<PartReply> known = find(part.index());
        if (known.isPresent()) {
            return CompletableFuture.completedFuture(reducers.addressed(member, known.get()));
        }
        requireOpen();
        exchange.moved(request);
        CompletableFuture<PartReply> reply;
        if (request.hasAverage()) {
            reply = reducers.open(part).awaitResult();
            deliver(part, request.getAverage().toBuilder().clearLeftOut().build(), member);
        } else {
            reply = reducers.receive(member, part, request);
        }
        return reply.thenApply(average -> reducers.addressed(member, average));
    }

    /** Takes in the mean of a part from a reducer of another subgroup. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, MeanRequest request) {
        Group.Part part = requirePart(request.getPart());
        BitSet included = roots.requireMean(member, part, request);
        Optional<PartReply> known = find(part.index());
        if (known.isPresent()) {
            return CompletableFuture.completedFuture(known.get());
        }
        requireOpen();
        exchange.moved(request);
        return roots.receive(member, part, request, included);
    }

    /**
     * Another member takes over a part and asks for it: where the answer has not come, it gets this member's gradient or the
     * subgroup's mean, for the one before it has failed although that has not been noticed here.
     */
    void offer(int index, int successor) {
        if (index < 0 || index >= results.length || result.isDone() || results[index] != null) {
            return;
        }
        Group.Part part = exchange.group().parts().get(index);
        if (!exchange.helps() && part.reducers(exchange.subgroup()).indexOf(successor) > 0) {
            sender.send(part, successor);
        }
        reducers.offerMean(part, successor);
    }

    private Group.Part requirePart(int index) {
        if (index < 0 || index >= results.length) {
            throw new RefusalException(Reason.MALFORMED, "There is no part " + index);
        }
        return exchange.group().parts().get(index);
    }

    private void requireOpen() {
        if (result.isDone()) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "The exchange has ended here");
        }
    }

    // ---- when to reduce ----

    @Override
    public void reduceIfReady(int index) {
        if (result.isDone()) {
            return;
        }
        Group.Part part = exchange.group().parts().get(index);
        reducers.reduceIfReady(part);
        roots.reduceIfReady(part);
    }

    private void reduceWhatIsReady() {
        TreeSet<Integer> open = new TreeSet<>(reducers.open().keySet());
        open.addAll(roots.open().keySet());
        open.forEach(this::reduceIfReady);
    }

    private void scheduleSilenceCheck() {
        silenceCheck = exchange.scheduler().schedule(others.checkInterval(), () -> {
            checkSilence();
            if (!result.isDone()) {
                scheduleSilenceCheck();
            }
        });
    }

    private void checkSilence() {
        long now = exchange.scheduler().nanoTime();
        others.checkSilence(now);
        roots.checkSilence(now);
        reducers.checkSilence(now);
        reduceWhatIsReady();
    }
}
