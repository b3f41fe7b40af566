package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.Statements;
import org.starling.swarm.wire.proto.SwarmGrpc;
import org.starling.swarm.wire.proto.VoteMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/**
 * One round from the manifest to its outcome: exchange, report the digest, commit or void. Every member can count votes;
 * they go to the leader of the subgroup, who hands them on to the chair, and to the next {@link Group#tellersOf teller} when
 * one fails, which does no harm because the outcome depends on the votes alone. Nobody's word is believed: an outcome comes with the
 * votes from which it follows. A member whose result is not the committed one fetches that. Confined to the protocol thread; one use.
 */
public final class Round {
    private static final Logger log = LoggerFactory.getLogger(Round.class);
    static final Duration SMALL_CALL = Duration.ofSeconds(5);
    private static final Duration LAST_WORD = SMALL_CALL.multipliedBy(2);
    /** A member brings each vote when it comes, and all again with its own. */
    private static final int TIMES_TOLD = 2;

    /** What part of a part timeout nothing may come of a result that others have, before it is fetched. */
    private static final int STALLED_PARTS = 4;

    private final Group group;
    private final int self;
    private final PeerIdentity identity;
    private final AveragingSettings settings;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final Consumer<PeerId> onUnreachable;
    private final Consumer<Contradiction> onContradiction;
    private final long beganAtNanos;
    private final AllReduce allReduce;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final Ballot ballot;
    private final Course course = new Course();
    private final VoteDelivery delivery;
    private final MissingVotes missing;
    private final List<Scheduler.Cancellable> timers = new ArrayList<>();
    private final long[] heardAtNanos;
    /** By the member whose calls they are. */
    private final Map<Integer, List<CompletableFuture<OutcomeMessage>>> waitingForOutcome = new TreeMap<>();

    private boolean overtime;
    private @Nullable Runnable afterOwnExchange;
    private @Nullable AveragedGradient staged;
    private @Nullable StagedParts stagedParts;
    private @Nullable Digest committed;
    private OutcomeMessage decision = OutcomeMessage.getDefaultInstance();

    /** How a round ended. */
    public sealed interface Outcome {
        /** A quorum has this average. */
        record Committed(AveragedGradient gradient) implements Outcome {}

        /** It was committed, and this peer has only reduced. */
        record Helped() implements Outcome {}

        /** Nobody applies anything. */
        record Voided(String reason) implements Outcome {}
    }

    /**
     * @param gradient this member's mean gradient, {@code float[elements]}; kept until the end, not changed; empty for a helper
     * @param distrust told who has left this peer out, or has held the round up
     * @param onUnreachable told which members could not be reached
     * @param onContradiction told of members that have told others something else
     */
    public Round(
            Group group,
            float[] gradient,
            PeerIdentity identity,
            AveragingSettings settings,
            TimedCalls calls,
            Scheduler scheduler,
            Distrust distrust,
            Consumer<PeerId> onUnreachable,
            Consumer<Contradiction> onContradiction) {
        this.group = group;
        this.self = group.indexOf(identity.id());
        this.ballot = new Ballot(group, settings.quorum(group.members().size()));
        this.identity = identity;
        this.calls = calls;
        this.scheduler = scheduler;
        this.onUnreachable = onUnreachable;
        this.onContradiction = onContradiction;
        this.allReduce = new AllReduce(
                group, self, gradient, identity, settings, calls, scheduler, distrust, (member, answers) -> {
                    if (!answers) {
                        onUnreachable.accept(group.participant(member).peer());
                    }
                    count();
                });
        this.settings = allReduce.settings();
        this.delivery = new VoteDelivery(group, self, ballot, this.settings, calls, scheduler, course);
        this.missing = new MissingVotes(group, self, ballot, this.settings, scheduler, course);
        this.beganAtNanos = scheduler.nanoTime();
        this.heardAtNanos = new long[group.participants()];
        Arrays.fill(heardAtNanos, beganAtNanos - this.settings.partTimeout().toNanos());
    }

    /** As those see it who bring its votes, and look for those that are missing. */
    private final class Course implements MissingVotes.Course {
        @Override
        public boolean isDecided() {
            return Round.this.isDecided();
        }

        @Override
        public boolean isGone(int member) {
            return allReduce.unreachable().get(member);
        }

        @Override
        public boolean learn(int from, OutcomeMessage word) {
            return Round.this.learn(from, word);
        }

        @Override
        public CompletableFuture<OutcomeMessage> ask(int member, Duration patience) {
            return Round.this.ask(member, patience);
        }

        @Override
        public void count() {
            Round.this.count();
        }

        @Override
        public void later(Duration delay, Runnable task) {
            Round.this.later(delay, task);
        }

        @Override
        public Deadlines.Wait await(Deadline kind, Duration usual) {
            return Round.this.await(kind, usual);
        }
    }

    /** Bytes a second that this member's line has carried in each direction; empty if too little has moved to tell. */
    public OptionalDouble bandwidth() {
        return allReduce.bandwidth();
    }

    public Group group() {
        return group;
    }

    /**
     * Why other members have gone on without this one's gradient: as they have said themselves, or who averaged without it.
     *
     * @param committed what the round has committed
     */
    public String whyLeftOut(AveragedGradient committed) {
        Map<Integer, String> said = allReduce.leftOutBy();
        if (!said.isEmpty()) {
            return said.entrySet().stream()
                    .map(by -> group.participant(by.getKey()) + " says: " + by.getValue())
                    .collect(Collectors.joining("; "));
        }
        return committed.parts().stream()
                .filter(part -> !MemberSets.decode(part.getIncluded()).get(self))
                .map(part ->
                        "it did not reach " + group.participant(part.getRoot()) + ", who averaged in this peer's place")
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Begins; the future completes in any case, within the round timeout and some calls. */
    public CompletableFuture<Outcome> start() {
        await(Deadline.ROUND, settings.roundTimeout());
        if (group.isHelper(self)) {
            return help();
        }
        allReduce.start().whenComplete(scheduler.guarded((average, failure) -> {
            Runnable next = afterOwnExchange;
            afterOwnExchange = null;
            if (failure == null) {
                stage(average);
            }
            if (next != null) {
                next.run();
            } else if (failure == null) {
                report(average);
            } else if (!isDecided()) {
                log.info("No average of one's own for {}: {}", group.round(), failure.getMessage());
                askOthers("this peer could not complete the exchange: " + failure.getMessage());
            }
        }));
        later(settings.roundTimeout(), () -> {
            overtime = true;
            boolean isCounted = ballot.has(self) && !group.tellersOf(self).isEmpty();
            // those who have this member's vote ask the others as well, before they give up
            later(
                    isCounted ? LAST_WORD : Duration.ZERO,
                    () -> askOthers("it was not decided within " + settings.roundTimeout()));
        });
        return outcome;
    }

    /** Reduces what others bring, until one of them says how the round has ended; a helper has no vote. */
    private CompletableFuture<Outcome> help() {
        allReduce.start();
        later(settings.roundTimeout(), () -> decideVoid("nobody has told this helper how the round ended"));
        askHowItEnds(0);
        return outcome;
    }

    private void askHowItEnds(int turn) {
        List<Integer> members = group.acquaintancesOf(self);
        later(settings.partTimeout().dividedBy(2), () -> {
            if (!isDecided() && !members.isEmpty()) {
                ask(members.get(turn % members.size()), SMALL_CALL);
                askHowItEnds(turn + 1);
            }
        });
    }

    /** Ends the round without an outcome from the others: the swarm has been ordered elsewhere. */
    public void abandon(String reason) {
        decideVoid(reason);
    }

    /**
     * Learns from the final record of this round that a quorum has stepped. If this member has a result, the round is committed,
     * and another result is exchanged for the committed one; if it has none yet, it has a little time left to get it.
     */
    public void becameFinal(Digest gradient) {
        if (isDecided()) {
            return;
        }
        committed = gradient;
        Deadlines.Wait result = await(Deadline.RESULT, settings.partTimeout());
        later(result.allowed(), () -> decideVoid("the others committed it before this peer had the result"));
        later(settings.partTimeout().dividedBy(STALLED_PARTS), () -> {
            if (!isDecided() && staged == null) {
                fetchMissing(group.acquaintancesOf(self));
            }
        });
        commitIfKnown();
    }

    private void commitIfKnown() {
        if (!isDecided() && committed != null && staged != null) {
            decideCommit(committed, ballot.proofOf(committed));
        }
    }

    /** Goes on without some members, as if they could not be reached. */
    public void exclude(Predicate<Group.Member> unwelcome) {
        for (int member = 0; member < group.participants(); member++) {
            if (member != self && unwelcome.test(group.participant(member))) {
                allReduce.exclude(member);
            }
        }
    }

    private void stage(AveragedGradient average) {
        staged = average;
        stagedParts = new StagedParts(group, average);
    }

    /** The round is remembered for those who miss a part of it; of its memory no more is kept than they need. */
    private void complete(Outcome end) {
        timers.forEach(Scheduler.Cancellable::cancel);
        timers.clear();
        staged = null;
        outcome.complete(end);
    }

    /** Begins to wait for something that comes with the outcome at the latest. */
    private Deadlines.Wait await(Deadline kind, Duration usual) {
        Deadlines.Wait wait = calls.deadlines().begin(kind, usual);
        outcome.whenComplete(scheduler.guarded((end, failure) -> wait.end()));
        return wait;
    }

    private void later(Duration delay, Runnable task) {
        timers.add(scheduler.schedule(delay, task));
    }

    private boolean isDecided() {
        return decision.getState() != OutcomeMessage.State.UNKNOWN;
    }

    // ---- voting ----

    private void report(AveragedGradient average) {
        VoteMessage own = ballot.cast(self, identity, average.digest());
        count();
        commitIfKnown();
        delivery.begin(own);
        missing.begin(allReduce.unreachable());
        new UnaskedAverages(group, self, Objects.requireNonNull(stagedParts), settings, calls, scheduler, course)
                .begin();
    }

    private Optional<Endpoint> endpoint(int member) {
        return group.participant(member).endpoint();
    }

    /**
     * Asks a member for the outcome, and for votes if this one counts, and learns it. One that does not answer is no longer expected in the
     * next round before it has been heard from.
     */
    private CompletableFuture<OutcomeMessage> ask(int member, Duration patience) {
        FetchOutcomeRequest.Builder question = FetchOutcomeRequest.newBuilder().setGroupId(group.id());
        if (ballot.has(self)) {
            question.setVoters(ballot.votersBytes());
        }
        return calls.call(
                        Deadline.OUTCOME,
                        endpoint(member).orElseThrow(),
                        SwarmGrpc.getFetchOutcomeMethod(),
                        question.build(),
                        patience)
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure == null) {
                        learn(member, reply);
                    } else if (failure instanceof UnreachableException) {
                        onUnreachable.accept(group.participant(member).peer());
                    }
                }));
    }

    /** Takes in a member's vote, or those that it has gathered. The future completes when the outcome is known. */
    public CompletableFuture<OutcomeMessage> receiveVotes(PeerId caller, VotesMessage message) {
        int member = requireMember(caller);
        boolean sound = message.getVotesCount() > 0 && ballot.addAll(message.getVotesList());
        boolean before = isDecided();
        count();
        if (isDecided()) {
            if (!before) {
                // the tellers before this one have no quorum yet
                delivery.tell();
            }
            return CompletableFuture.completedFuture(decision);
        }
        if (!sound) {
            throw new RefusalException(Reason.MALFORMED, "This is no vote of a member of the group");
        }
        List<CompletableFuture<OutcomeMessage>> waiting =
                waitingForOutcome.computeIfAbsent(member, m -> new ArrayList<>());
        if (waiting.size() >= TIMES_TOLD * group.members().size()) {
            throw new RefusalException(
                    Reason.BUSY, "This peer has brought votes " + waiting.size() + " times and hears of the outcome");
        }
        CompletableFuture<OutcomeMessage> reply = new CompletableFuture<>();
        waiting.add(reply);
        delivery.votesHaveCome();
        return reply;
    }

    private void count() {
        if (isDecided()) {
            return;
        }
        // whoever has voted is not sure that others do not commit with that vote, and takes nobody for gone unasked
        BitSet gone = ballot.has(self) ? missing.gone() : allReduce.unreachable();
        ballot.count(gone).ifPresent(decided -> {
            if (decided instanceof VoteCount.Decision.Commit commit) {
                decideCommit(commit.gradient(), ballot.proofOf(commit.gradient()));
            } else if (decided instanceof VoteCount.Decision.Void none) {
                decideVoid(none.reason());
            }
        });
    }

    // ---- the outcome ----

    /** Learns the outcome from another member; false if its word proves nothing. */
    private boolean learn(int from, OutcomeMessage message) {
        boolean learnt = learn(message);
        if (!learnt && message.getState() == OutcomeMessage.State.VOID) {
            missing.hasGivenUp(from);
        }
        return learnt || isDecided();
    }

    private boolean learn(OutcomeMessage message) {
        if (isDecided()) {
            return true;
        }
        switch (message.getState()) {
            case COMMITTED -> {
                Optional<List<VoteMessage>> proof = ballot.proofIn(message);
                proof.ifPresent(votes -> decideCommit(Digest.of(message.getGradientDigest()), votes));
                return proof.isPresent();
            }
            case VOID, UNKNOWN -> {
                // that others void it proves nothing: the votes do, or this member's own knowledge of who is gone
                if (message.getVotesCount() > 0) {
                    ballot.addAll(message.getVotesList());
                    count();
                }
                if (group.isHelper(self) && message.getState() == OutcomeMessage.State.VOID) {
                    // nothing of its own depends on it
                    decideVoid(message.getReason());
                }
                return isDecided();
            }
            case UNRECOGNIZED -> {
                return false;
            }
        }
        return false;
    }

    /** @param proof votes for it; fewer than a quorum only if its record is final */
    private void decideCommit(Digest gradient, List<VoteMessage> proof) {
        OutcomeMessage.Builder committed = OutcomeMessage.newBuilder()
                .setState(OutcomeMessage.State.COMMITTED)
                .setGradientDigest(gradient.toByteString());
        proof.forEach(vote ->
                committed.addVotes(vote.toBuilder().clearGradientDigest().build()));
        decision = committed.build();
        announceDecision();
        if (group.isHelper(self)) {
            allReduce.cancel("The round was committed");
            complete(new Outcome.Helped());
            return;
        }
        if (staged == null && !allReduce.isOver()) {
            // a little slower than the others; what is under way need not be fetched
            if (this.committed == null) {
                await(Deadline.RESULT, settings.partTimeout());
            }
            afterOwnExchange = () -> take(gradient, proof);
            watchOwnExchange(
                    allReduce.remaining(),
                    Optional.of(proof.stream().map(VoteMessage::getMember).toList()));
        } else {
            take(gradient, proof);
        }
    }

    /**
     * Lets the exchange go on while parts come, and then fetches the others.
     *
     * @param holders members that have the result; empty once they are asked
     */
    private void watchOwnExchange(int remaining, Optional<List<Integer>> holders) {
        Duration patience =
                holders.isPresent() ? settings.partTimeout().dividedBy(STALLED_PARTS) : settings.partTimeout();
        later(patience, () -> {
            if (afterOwnExchange == null) {
                return;
            }
            if (allReduce.remaining() < remaining && !overtime) {
                watchOwnExchange(allReduce.remaining(), holders);
            } else if (holders.isPresent() && !overtime) {
                fetchMissing(holders.get());
                watchOwnExchange(allReduce.remaining(), Optional.empty());
            } else {
                allReduce.cancel("The others committed the round, and no part has come for " + settings.partTimeout());
            }
        });
    }

    private void fetchMissing(List<Integer> holders) {
        allReduce.fetchMissing(holders.stream()
                .filter(member -> member != self
                        && endpoint(member).isPresent()
                        && !allReduce.unreachable().get(member))
                .toList());
    }

    private void take(Digest gradient, List<VoteMessage> proof) {
        AveragedGradient mine = staged;
        if (mine != null && mine.digest().equals(gradient)) {
            complete(new Outcome.Committed(mine));
        } else {
            if (mine != null) {
                inquire();
            }
            repair(gradient, proof);
        }
    }

    private void decideVoid(String reason) {
        if (isDecided()) {
            return;
        }
        decision = OutcomeMessage.newBuilder()
                .setState(OutcomeMessage.State.VOID)
                .setReason(reason)
                .addAllVotes(ballot.all())
                .build();
        allReduce.cancel("The round is void: " + reason);
        announceDecision();
        inquire();
        complete(new Outcome.Voided(reason));
    }

    /** Finds out who has told others something else. */
    private void inquire() {
        List<SignedAverage> own = allReduce.statements(0, group.parts().size());
        Inquiry.begin(group, self, own, calls, scheduler, onContradiction);
    }

    private void announceDecision() {
        List<CompletableFuture<OutcomeMessage>> waiting =
                waitingForOutcome.values().stream().flatMap(List::stream).toList();
        waitingForOutcome.clear();
        waiting.forEach(call -> call.complete(decision));
    }

    /** Asks other members whether the round was decided; if none knows, it is void here. */
    private void askOthers(String why) {
        if (!isDecided()) {
            CompletableFuture<?>[] answers = group.acquaintancesOf(self).stream()
                    .filter(member -> !allReduce.unreachable().get(member))
                    .map(member -> ask(member, SMALL_CALL))
                    .toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(answers).whenComplete(scheduler.guarded((all, failure) -> decideVoid(why)));
        }
    }

    // ---- a result that differs from the committed one ----

    private void repair(Digest gradient, List<VoteMessage> proof) {
        allReduce.cancel("The round was committed with another result");
        Group.Subgroup own = group.subgroupOf(self);
        List<Integer> known = proof.isEmpty()
                ? group.acquaintancesOf(self)
                : proof.stream().map(VoteMessage::getMember).toList();
        List<Endpoint> holders = known.stream()
                .filter(member -> member != self)
                .sorted(Comparator.comparing(member -> !own.contains(member)))
                .flatMap(member -> endpoint(member).stream())
                .toList();
        log.info("Fetching the committed result of {} from {}", group.round(), holders);
        new ResultDownload(group, gradient, settings, calls, scheduler)
                .from(holders)
                .whenComplete(scheduler.guarded((average, failure) -> {
                    if (failure == null) {
                        stage(average);
                        allReduce.forgetAverages();
                        complete(new Outcome.Committed(average));
                    } else {
                        complete(new Outcome.Voided(
                                "it was committed with another result, which could not be fetched; the"
                                        + " state will be downloaded"));
                    }
                }));
    }

    /** Another round begins here; of what a void one has averaged nobody makes a result any more. */
    public void supersede() {
        if (decision.getState() == OutcomeMessage.State.VOID) {
            allReduce.forgetAverages();
        }
    }

    // ---- answers to other members ----

    /** Takes in a part from a member of the group. */
    public CompletableFuture<PartReply> receivePart(PeerId caller, PartRequest request) {
        return receive(caller, request.getMember(), request.getPart(), member -> allReduce.receive(member, request));
    }

    /** Takes in a part of a subgroup's mean. */
    public CompletableFuture<PartReply> receiveMean(PeerId caller, MeanRequest request) {
        return receive(caller, request.getMember(), request.getPart(), member -> allReduce.receive(member, request));
    }

    private CompletableFuture<PartReply> receive(
            PeerId caller, int sender, int part, IntFunction<CompletableFuture<PartReply>> open) {
        int member = requireMember(caller);
        if (member != sender) {
            throw new RefusalException(Reason.MALFORMED, "The part names another member as its sender");
        }
        StagedParts done = stagedParts;
        if (done != null && done.has(part)) {
            return CompletableFuture.completedFuture(allReduce.addressed(member, done.get(part)));
        }
        if (decision.getState() == OutcomeMessage.State.VOID) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "The round is void: " + decision.getReason());
        }
        return open.apply(member);
    }

    /** A part of the result that is staged here. */
    public PartReply fetchPart(PeerId caller, FetchPartRequest request) {
        int member = requireMember(caller);
        int part = request.getPart();
        StagedParts done = stagedParts;
        if (done != null && done.has(part)) {
            return allReduce.addressed(member, done.get(part));
        }
        Optional<PartReply> known = allReduce.find(part);
        if (known.isEmpty()) {
            if (request.getTakesOver()) {
                allReduce.offer(part, member);
            }
            throw new RefusalException(Reason.UNKNOWN_GROUP, "That part is not here yet");
        }
        return allReduce.addressed(member, known.get());
    }

    /** What roots have signed of the averages that are here, some thousands in a row. */
    public Statements statements(PeerId caller, int from) {
        requireMember(caller);
        if (from < 0) {
            throw new RefusalException(Reason.MALFORMED, "There is no part " + from);
        }
        Statements.Builder statements = Statements.newBuilder();
        allReduce.statements(from, Inquiry.PAGE).forEach(signed -> statements.addStatements(signed.toMessage()));
        return statements.build();
    }

    /** The outcome as far as it is known here, and what has become of the parts for whose average the caller waits. */
    public OutcomeMessage outcomeFor(PeerId caller, FetchOutcomeRequest request) {
        int member = requireMember(caller);
        if (request.getWaitingForCount() > Counterparts.MAX_PARTS_IN_QUESTION) {
            throw new RefusalException(
                    Reason.MALFORMED, "A question about " + request.getWaitingForCount() + " parts at once");
        }
        if (request.getVoters().size() > Group.MAX_MEMBERS / Byte.SIZE) {
            throw new RefusalException(
                    Reason.MALFORMED, "A question that names votes of more than " + Group.MAX_MEMBERS + " members");
        }
        OutcomeMessage.Builder outcome = decision.toBuilder();
        if (!isDecided() && !request.getVoters().isEmpty()) {
            outcome.addAllVotes(ballot.besides(request.getVoters()));
        }
        if (request.getHasResult()) {
            outcome.addAllWanted(allReduce.wantedFrom(member));
        }
        StagedParts done = stagedParts;
        for (int part : request.getWaitingForList()) {
            if (done != null && done.has(part) || allReduce.has(part)) {
                outcome.addReady(part);
            } else if (allReduce.isMissingFrom(member, part)) {
                outcome.addMissing(part);
            }
        }
        return outcome.build();
    }

    /** Notes a sign of life. */
    private int requireMember(PeerId caller) {
        int member = group.indexOf(caller);
        if (member < 0) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, caller.abbreviated() + " is not a member of the group");
        }
        heardAtNanos[member] = scheduler.nanoTime();
        return member;
    }

    /** Whether this member leads a peer that has joined with so many samples and has not called here yet. */
    public boolean isAwaitedLeaderOf(PeerId peer, long samples) {
        int member = group.indexOf(peer);
        return member >= 0
                && group.subgroupOf(member).first() == self
                && group.participant(member).samples() == samples
                && heardAtNanos[member] < beganAtNanos;
    }

    /**
     * Whether a member has voted, or has called here within half of the part timeout, as those do who take part: they ask what they
     * wait for. So it is alive, whether or not its gradient is in the average.
     */
    public boolean hasHeardFrom(PeerId peer) {
        int member = group.indexOf(peer);
        boolean called = scheduler.nanoTime() - heardAtNanos[member]
                < settings.partTimeout().dividedBy(2).toNanos();
        return !allReduce.unreachable().get(member)
                && (called
                        || ballot.has(member)
                        || decision.getVotesList().stream().anyMatch(vote -> vote.getMember() == member));
    }
}
