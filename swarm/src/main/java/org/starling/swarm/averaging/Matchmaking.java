package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Applications.Application;
import org.starling.swarm.averaging.Applications.Kind;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.Applicant;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.JoinRoundRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * How the peers of an epoch become a group. Everybody computes the same {@link Subgroups} and in each the same order of
 * candidates for leader, and dials the first that answers. A candidate that finds itself first leads: it waits until
 * everybody it expects has come or the window has closed. Then it passes the claims on to the chair, who is the first in line
 * of all, leads a subgroup like others, and answers everybody with the signed manifest once it has heard from all subgroups
 * or its window, twice as long, has closed. Where there is one subgroup its leader is the chair. Confined to the protocol
 * thread.
 */
public final class Matchmaking {
    private static final Logger log = LoggerFactory.getLogger(Matchmaking.class);
    private static final Duration ANSWER_MARGIN = Duration.ofSeconds(3);
    private static final int QUIET_PARTS = 6;
    private static final int RECONNECTS = 2;
    private static final Duration RECONNECT = Duration.ofMillis(50);
    /** What a leader says to those who have applied and for whom there is no manifest yet: it lives, and they are to ask again. */
    private static final GroupManifestMessage NOT_YET = GroupManifestMessage.getDefaultInstance();

    /** Its own window, twice as many each for a chair that has died and for the next one. */
    private static final int LEADERS_WINDOWS = 5;

    /** Nobody's call lasts longer than this and a leader's windows; whoever has called has turned to another by then, or is gone. */
    private static final Duration LONGEST_OFFER = Duration.ofSeconds(70);

    private final Supplier<RunConfiguration> run;
    private final Credentials credentials;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final PeerDirectory directory;
    private final String advertisedAddress;
    private final Bandwidth bandwidth;
    private final int elements;
    private final Manifests manifests;
    private final Function<RoundKey, List<PeerView>> expected;
    private final Predicate<AccessToken> shunned;
    private final Supplier<SampleLimits> limits;
    private final Applications applications;
    private final LeadersTried tried;
    private @Nullable Meeting meeting;

    private enum Stage {
        /** Dials candidates for leader. */
        FOLLOWING,
        /** Leads a subgroup and waits for applicants. */
        GATHERING,
        /** Has passed its subgroup's claims on to the chair. */
        APPLYING,
        /** Waits for the subgroups. */
        CHAIRING
    }

    /** This peer's own attempt to meet. */
    private static final class Meeting {
        final RoundKey round;
        final int subgroupsLog2;
        final Claim claim;
        final CompletableFuture<Group> group = new CompletableFuture<>();
        final Map<PeerId, Digest> ranks = Subgroups.noRanks();
        final Deque<PeerView> leaders = new ArrayDeque<>();
        final Deque<PeerView> chairs = new ArrayDeque<>();
        Stage stage = Stage.FOLLOWING;
        boolean foundFull;
        final Set<PeerId> asked = new HashSet<>();
        int claimsRefused;
        int doubted;
        boolean foundDead;
        long sinceNanos;
        int attempt;
        /** Until when it waits for the chair to which it has applied. */
        long chairUntilNanos;

        @Nullable Subgroups subgroups;

        Meeting(RoundKey round, int subgroupsLog2, Claim claim) {
            this.round = round;
            this.subgroupsLog2 = subgroupsLog2;
            this.claim = claim;
        }
    }

    /**
     * @param limits of what others may claim
     * @param advertisedAddress of this peer; empty if nobody can reach it
     * @param tensors of which the gradient is made
     * @param expected the other peers that are in a round
     * @param starts when the round started that a record is of, if that is known
     * @param shunned the owners of these tokens have no place in a round
     * @param trainers how many the swarm has, as far as this peer knows
     * @param distrust who reduces nothing where this peer leads
     */
    public Matchmaking(
            Supplier<RunConfiguration> run,
            Supplier<SampleLimits> limits,
            Credentials credentials,
            TimedCalls calls,
            Scheduler scheduler,
            PeerDirectory directory,
            String advertisedAddress,
            Bandwidth bandwidth,
            TensorSizes tensors,
            Function<RoundKey, List<PeerView>> expected,
            Function<Digest, Optional<Instant>> starts,
            Predicate<AccessToken> shunned,
            IntSupplier trainers,
            Distrust distrust) {
        this.run = run;
        this.credentials = credentials;
        this.calls = calls;
        this.scheduler = scheduler;
        this.directory = directory;
        this.advertisedAddress = advertisedAddress;
        this.bandwidth = bandwidth;
        this.elements = tensors.elements();
        this.expected = expected;
        this.manifests =
                new Manifests(run, limits, credentials, directory, tensors, starts, trainers, distrust, scheduler);
        this.shunned = shunned;
        this.limits = limits;
        this.applications = new Applications(scheduler);
        this.tried = new LeadersTried(scheduler);
    }

    /**
     * Meets the others of the round. The future fails with a {@link RefusalException} where this peer has to catch up or
     * come back later.
     *
     * @param subgroupsLog2 into how many subgroups, as a power of two, the round is divided
     * @param samples that this peer brings
     */
    public CompletableFuture<Group> meet(RoundKey round, int subgroupsLog2, long samples) {
        Meeting mine = new Meeting(round, subgroupsLog2, claim(round, samples));
        tried.begin(round);
        mine.asked.addAll(tried.ledBadly());
        Subgroups subgroups = subgroups(mine);
        addUnasked(mine, subgroups.leaders().stream());
        if (subgroupsLog2 > 0 && !subgroups.leads()) {
            applications.refuse(notLeading());
        }
        meeting = mine;
        mine.group.whenComplete(scheduler.guarded((group, failure) -> {
            if (meeting == mine) {
                meeting = null;
            }
            applications.refuse(whyNotLed(failure));
        }));
        dialLeader(mine);
        return mine.group;
    }

    /** What those hear who have applied here when this peer's meeting has ended. */
    private static RefusalException whyNotLed(@Nullable Throwable failure) {
        if (failure instanceof RefusalException refusal
                && (refusal.reason() == Reason.MALFORMED || refusal.reason() == Reason.NOT_LEADER)) {
            return new RefusalException(Reason.NOT_LEADER, "This peer leads nobody: " + refusal.getMessage());
        }
        return new RefusalException(Reason.ROUND_RUNNING, "This peer takes part in another group of the same round");
    }

    private Claim claim(RoundKey round, long samples) {
        byte[] nonce = new byte[Claim.NONCE_BYTES];
        scheduler.random().nextBytes(nonce);
        JoinGroupRequest request = Claim.sign(
                JoinGroupRequest.newBuilder()
                        .setRound(round.toMessage())
                        .setSamples(samples)
                        .setBandwidth(bandwidth.bytesPerSecond())
                        .setGradientElements(elements)
                        .setNonce(ByteString.copyFrom(nonce)),
                credentials.identity());
        return new Claim(
                credentials.token(),
                ByteString.copyFrom(credentials.identity().publicKey()),
                advertisedAddress,
                request);
    }

    private Subgroups subgroups(Meeting mine) {
        List<PeerView> companions = expected.apply(mine.round);
        Subgroups known = mine.subgroups;
        if (known == null || known.companions() != companions) {
            known = new Subgroups(
                    mine.round,
                    mine.subgroupsLog2,
                    credentials.identity().id(),
                    !advertisedAddress.isEmpty(),
                    companions,
                    mine.ranks);
            mine.subgroups = known;
        }
        return known;
    }

    /** Gives up the current attempt to meet, if any. */
    public void abandon(String reason) {
        if (meeting != null) {
            meeting.group.completeExceptionally(new RefusalException(Reason.BUSY, reason));
        }
        applications.refuse(new RefusalException(Reason.AHEAD, reason));
    }

    /** Sends those to the next in line who have applied here: this peer will meet nobody for now. */
    public void leadNobody(String reason) {
        applications.refuse(new RefusalException(Reason.NOT_LEADER, reason));
    }

    /** Samples that those who have applied for this round bring. */
    public Map<PeerId, Long> claimedSamples(RoundKey round) {
        Map<PeerId, Long> samples = new LinkedHashMap<>();
        if (applications.areFor(round)) {
            applications
                    .claims()
                    .forEach(claim -> samples.put(claim.peer(), claim.request().getSamples()));
        }
        return samples;
    }

    /** Call it regularly: a leader starts when its window closes or those it waits for have gone. */
    public void tick() {
        if (meeting != null) {
            goOn(meeting);
        }
    }

    // ---- as a follower ----

    private void dialLeader(Meeting mine) {
        if (mine.group.isDone()) {
            return;
        }
        if (mine.leaders.isEmpty() && !mine.foundFull) {
            // those that come before this peer, as far as they are known by now
            Subgroups now = subgroups(mine);
            addUnasked(mine, Stream.concat(now.leaders().stream(), now.successors().stream()));
        }
        if (mine.leaders.isEmpty() && mine.foundFull) {
            // whoever does not fit in waits for the next epoch, which is divided further; alone it would do no good
            mine.group.completeExceptionally(new RefusalException(
                    Reason.GROUP_FULL, "There is no place for this peer in this round; it takes part in the next"));
            return;
        }
        if (mine.leaders.isEmpty()
                && 2 * mine.claimsRefused > mine.asked.size()
                && subgroups(mine).companions().size() > 1) {
            // alone it would only make a fork of what nobody believes
            mine.group.completeExceptionally(
                    new RefusalException(Reason.MALFORMED, "most of those who could lead refuse this peer's claim"));
            return;
        }
        if (mine.leaders.isEmpty()
                && 2 * mine.doubted > subgroups(mine).companions().size()) {
            // a few may lie, but not most of them: this peer has to find out what it has missed
            mine.group.completeExceptionally(new RefusalException(
                    Reason.ROUND_RUNNING, "most of those who could lead have gone on without this peer for long"));
            return;
        }
        if (mine.leaders.isEmpty() && advertisedAddress.isEmpty()) {
            // what it committed alone nobody could download
            mine.group.completeExceptionally(new RefusalException(
                    Reason.NOT_LEADER, "no peer that can be reached leads, and this one can only dial out"));
            return;
        }
        if (mine.leaders.isEmpty()) {
            mine.stage = mine.subgroupsLog2 == 0 ? Stage.CHAIRING : Stage.GATHERING;
            mine.sinceNanos = scheduler.nanoTime();
            goOn(mine);
            return;
        }
        PeerView candidate = mine.leaders.remove();
        mine.asked.add(candidate.id());
        apply(mine, candidate, scheduler.nanoTime(), RECONNECTS);
    }

    private static void addUnasked(Meeting mine, Stream<PeerView> candidates) {
        candidates.filter(peer -> !mine.asked.contains(peer.id())).forEach(mine.leaders::add);
    }

    /**
     * @param since when this peer has first applied to the candidate
     * @param reconnects how often to call again if the connection breaks: a line does so now and then, and the leader lives
     */
    private void apply(Meeting mine, PeerView candidate, long since, int reconnects) {
        long began = scheduler.nanoTime();
        Duration patience = mine.subgroupsLog2 == 0
                ? answerTime(candidate, 1, 1, since)
                : shorter(answerTime(candidate, 1, 2, began), answerTime(candidate, LEADERS_WINDOWS, 3, since));
        calls.call(
                        Deadline.JOIN,
                        candidate.endpoint().orElseThrow(),
                        SwarmGrpc.getJoinGroupMethod(),
                        mine.claim.request(),
                        patience)
                .whenComplete(scheduler.guarded((manifest, failure) -> {
                    Duration took = Duration.ofNanos(scheduler.nanoTime() - began);
                    if (failure == null && manifest.equals(NOT_YET)) {
                        notYet(mine, candidate, took, since);
                    } else if (failure == null) {
                        accept(mine, candidate, manifest).ifPresentOrElse(mine.group::complete, () -> dialLeader(mine));
                    } else if (reconnects > 0
                            && failure instanceof UnreachableException
                            && took.compareTo(patience) < 0) {
                        scheduler.schedule(RECONNECT, () -> {
                            if (!mine.group.isDone()) {
                                apply(mine, candidate, since, reconnects - 1);
                            }
                        });
                    } else if (goesOnWithoutThisPeer(failure) && !isBelieved(candidate)) {
                        log.warn(
                                "{} has refused a place in {} for longer than a round lasts",
                                candidate.id().abbreviated(),
                                mine.round);
                        mine.doubted++;
                        mine.foundDead = true;
                        dialLeader(mine);
                    } else if (isFull(failure)) {
                        mine.foundFull = true;
                        dialLeader(mine);
                    } else if (!endsMeeting(mine, candidate, failure)) {
                        mine.foundDead = true;
                        dialLeader(mine);
                    }
                }));
    }

    /** Waits on for a leader that has no manifest yet, if it has waited itself, and its time is not over. */
    private void notYet(Meeting mine, PeerView leader, Duration took, long since) {
        if (took.compareTo(window().dividedBy(2)) >= 0
                && !answerTime(leader, LEADERS_WINDOWS, 1, since).isZero()) {
            if (!mine.group.isDone()) {
                apply(mine, leader, since, RECONNECTS);
            }
        } else {
            log.info("{} finds no chair for {}", leader.id().abbreviated(), mine.round);
            dialLeader(mine);
        }
    }

    private Duration window() {
        return run.get().averaging().matchmakingWindow();
    }

    /**
     * What is left of the time that is enough for as many windows and for as many calls in a row to be answered.
     *
     * @param since when that time began
     */
    private Duration answerTime(PeerView of, int windows, int answers, long since) {
        Duration margin = calls.deadlines().onTheWay(of.endpoint().orElseThrow().address(), ANSWER_MARGIN);
        Duration left = window().multipliedBy(windows)
                .plus(margin.multipliedBy(answers))
                .minusNanos(scheduler.nanoTime() - since);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static boolean goesOnWithoutThisPeer(Throwable failure) {
        return failure instanceof RefusalException refusal
                && (refusal.reason() == Reason.AHEAD
                        || refusal.reason() == Reason.ROUND_RUNNING
                        || refusal.reason() == Reason.GROUP_FULL);
    }

    /** Whether the round can still be under way, or this peer be behind, that a peer speaks of; or else it stops all that follow it. */
    private boolean isBelieved(PeerView leader) {
        return tried.refusesSinceLessThan(
                leader.id(), run.get().averaging().roundTimeout().plus(window()));
    }

    private static boolean isFull(Throwable failure) {
        return failure instanceof RefusalException refusal && refusal.reason() == Reason.GROUP_FULL;
    }

    /** Whether the failure of a call to a leader or the chair means that the round goes on without this peer. */
    private boolean endsMeeting(Meeting mine, PeerView candidate, Throwable failure) {
        if (failure instanceof RefusalException refusal
                && (refusal.reason() == Reason.AHEAD || refusal.reason() == Reason.ROUND_RUNNING)) {
            mine.group.completeExceptionally(refusal);
            return true;
        }
        if (failure instanceof RefusalException refusal && refusal.reason() == Reason.MALFORMED) {
            mine.claimsRefused++;
        }
        log.info("{} does not lead {}: {}", candidate.id().abbreviated(), mine.round, failure.getMessage());
        if (failure instanceof UnreachableException) {
            directory.suspect(candidate.id());
        }
        return false;
    }

    private Optional<Group> accept(Meeting mine, PeerView leader, GroupManifestMessage manifest) {
        if (mine.group.isDone()) {
            return Optional.empty();
        }
        try {
            Group group = parse(leader.id(), manifest);
            manifests.accept(
                    group, mine.round, mine.claim.request().getSamples(), leader.id(), mine.stage == Stage.APPLYING);
            return Optional.of(group);
        } catch (IllegalArgumentException e) {
            log.warn("{} leads badly: {}", leader.id().abbreviated(), e.getMessage());
            return Optional.empty();
        }
    }

    /** Whoever hands out what no honest leader does is not asked again in this round. */
    private Group parse(PeerId leader, GroupManifestMessage manifest) {
        try {
            return manifests.parse(manifest);
        } catch (IllegalArgumentException e) {
            tried.ledBadly(leader);
            throw e;
        }
    }

    // ---- as a leader ----

    /**
     * Takes in an application for this peer's subgroup. The future completes with the manifest when the round starts.
     *
     * @param round that the applicant is in, the same as this peer's
     */
    public CompletableFuture<GroupManifestMessage> apply(Caller caller, RoundKey round, JoinGroupRequest request) {
        String address = directory
                .find(caller.peer())
                .map(peer -> peer.record().getAddress())
                .orElse("");
        Claim claim = new Claim(caller.token(), ByteString.copyFrom(caller.publicKey()), address, request)
                .verify(elements, limits.get());
        applications.beginRound(round);
        if (meeting != null
                && meeting.stage == Stage.FOLLOWING
                && meeting.subgroupsLog2 > 0
                && !meeting.foundDead
                && !subgroups(meeting).leads()) {
            throw notLeading();
        }
        if (applications.of(Kind.MEMBER).size() >= run.get().averaging().maxGroupSize() - 1
                && !applications.has(Kind.MEMBER, caller.peer())) {
            throw new RefusalException(
                    Reason.GROUP_FULL,
                    "The group has its " + run.get().averaging().maxGroupSize() + " members");
        }
        return hold(Kind.MEMBER, caller.peer(), List.of(claim));
    }

    /**
     * Takes in the application of a subgroup for a round that this peer chairs. The future completes with the manifest when
     * the round starts. Applicants that cannot be admitted are left out.
     *
     * @param round that the subgroup is in, the same as this peer's
     */
    public CompletableFuture<GroupManifestMessage> apply(Caller caller, RoundKey round, JoinRoundRequest request) {
        int count = request.getApplicantsCount();
        if (count < 1 || count > run.get().averaging().maxGroupSize()) {
            throw new RefusalException(Reason.MALFORMED, "A subgroup of " + count);
        }
        List<Claim> claims = new ArrayList<>();
        for (Applicant applicant : request.getApplicantsList()) {
            try {
                Claim claim = Claim.passedOn(applicant, round, credentials.verifier(), elements, limits.get());
                if (!shunned.test(claim.token())) {
                    claims.add(claim);
                }
            } catch (RefusalException e) {
                log.info("{} passes on what is not good: {}", caller, e.getMessage());
            }
        }
        if (claims.isEmpty() || !claims.get(0).peer().equals(caller.peer()) || !Claim.anyReachable(claims)) {
            throw new RefusalException(Reason.MALFORMED, "A subgroup begins with its leader, whom others can reach");
        }
        applications.beginRound(round);
        if (applications.claims().size() + claims.size()
                > Group.MAX_MEMBERS - run.get().averaging().maxGroupSize()) {
            throw new RefusalException(Reason.GROUP_FULL, "The round has its " + Group.MAX_MEMBERS + " members");
        }
        return hold(Kind.SUBGROUP, caller.peer(), claims);
    }

    /**
     * Takes in an offer to reduce in the round without a gradient. The future completes with the manifest when the round starts, if
     * it has one subgroup.
     *
     * @param round that the offer is for, the same as this peer's
     */
    public CompletableFuture<GroupManifestMessage> offer(Caller caller, RoundKey round, JoinGroupRequest request) {
        String address = directory
                .find(caller.peer())
                .map(peer -> peer.record().getAddress())
                .orElse("");
        Claim claim =
                new Claim(caller.token(), ByteString.copyFrom(caller.publicKey()), address, request).verifyOffer();
        applications.beginRound(round);
        if (applications.of(Kind.HELPER).size() >= Group.MAX_HELPERS && !applications.has(Kind.HELPER, caller.peer())) {
            throw new RefusalException(Reason.GROUP_FULL, "The round has its " + Group.MAX_HELPERS + " helpers");
        }
        return hold(Kind.HELPER, caller.peer(), List.of(claim));
    }

    /** Sends those applicants away who have become unwelcome. */
    public void dismiss(Predicate<AccessToken> unwelcome, RefusalException refusal) {
        applications.dismiss(unwelcome, refusal);
    }

    private static RefusalException notLeading() {
        return new RefusalException(Reason.NOT_LEADER, "This peer knows others who come before it and follows one");
    }

    private CompletableFuture<GroupManifestMessage> hold(Kind kind, PeerId applicant, List<Claim> claims) {
        Applications.Held held = applications.hold(kind, applicant, claims);
        if (kind == Kind.MEMBER) {
            scheduler.schedule(window(), () -> sayNotYet(held.answer()));
        }
        scheduler.schedule(
                window().multipliedBy(LEADERS_WINDOWS).plus(LONGEST_OFFER),
                () -> applications.letGo(
                        kind,
                        applicant,
                        held.answer(),
                        new RefusalException(
                                Reason.NOT_LEADER, "This peer has met nobody for longer than anybody waits")));
        if (held.isNews()) {
            if (meeting != null && meeting.stage == Stage.APPLYING && kind == Kind.MEMBER) {
                // somebody who has found no place in another subgroup; the chair takes the newer word
                applyToChair(meeting);
            }
            tick();
        }
        return held.answer();
    }

    /** A chair that has died keeps a leader waiting for long; those whom it leads are to know that it has not died, too. */
    private void sayNotYet(CompletableFuture<GroupManifestMessage> answer) {
        if (meeting != null && meeting.subgroupsLog2 > 0) {
            answer.complete(NOT_YET);
        }
    }

    private void goOn(Meeting mine) {
        if (mine.group.isDone() || mine.stage == Stage.FOLLOWING || mine.stage == Stage.APPLYING) {
            return;
        }
        Duration waited = Duration.ofNanos(scheduler.nanoTime() - mine.sinceNanos);
        Duration window = window();
        Subgroups subgroups = subgroups(mine);
        if (!hasItsMembers(mine, subgroups) && waited.compareTo(window) < 0) {
            return;
        }
        if (mine.stage == Stage.GATHERING) {
            mine.stage = Stage.APPLYING;
            mine.chairs.addAll(subgroups.chairs());
            dialChair(mine);
        } else if (hasEverybody(mine, subgroups)
                || hasItsSubgroups(mine, subgroups) && isQuiet()
                || waited.compareTo(window.multipliedBy(2)) >= 0) {
            start(mine);
        }
    }

    private boolean hasEverybody(Meeting mine, Subgroups subgroups) {
        Set<PeerId> came = peersThatCame(mine);
        return mine.subgroupsLog2 == 0 || subgroups.companions().stream().allMatch(peer -> came.contains(peer.id()));
    }

    /** Whether those who have found no place in their subgroup have had the time to find one in another. */
    private boolean isQuiet() {
        return applications.areQuietFor(window().dividedBy(QUIET_PARTS));
    }

    private boolean isForRound(Meeting mine) {
        return applications.areFor(mine.round);
    }

    private boolean hasItsMembers(Meeting mine, Subgroups subgroups) {
        if (isForRound(mine)
                && applications.of(Kind.MEMBER).size() >= run.get().averaging().maxGroupSize() - 1) {
            return true;
        }
        Set<PeerId> came = peersThatCame(mine);
        // where those before it do not lead, a peer stands in for them
        List<PeerView> awaited = mine.subgroupsLog2 == 0 ? subgroups.companions() : subgroups.neighbours();
        return awaited.stream().allMatch(peer -> came.contains(peer.id()) || mine.asked.contains(peer.id()));
    }

    private boolean hasItsSubgroups(Meeting mine, Subgroups subgroups) {
        Set<PeerId> missing = subgroups.homesOfOthers(peersThatCame(mine));
        missing.remove(credentials.identity().id());
        return isForRound(mine)
                ? missing.stream().allMatch(leader -> applications.has(Kind.SUBGROUP, leader))
                : missing.isEmpty();
    }

    private Set<PeerId> peersThatCame(Meeting mine) {
        Set<PeerId> came = new LinkedHashSet<>();
        if (isForRound(mine)) {
            applications.claims().forEach(claim -> came.add(claim.peer()));
        }
        return came;
    }

    private List<Claim> ownSubgroup(Meeting mine) {
        List<Claim> claims = new ArrayList<>();
        claims.add(mine.claim);
        if (isForRound(mine)) {
            claims.addAll(applications.claims(Kind.MEMBER));
        }
        return claims;
    }

    private void dialChair(Meeting mine) {
        if (mine.group.isDone()) {
            return;
        }
        if (mine.chairs.isEmpty()) {
            // the others that have failed to reach a chair turn to this peer now
            mine.stage = Stage.CHAIRING;
            mine.sinceNanos = scheduler.nanoTime();
            goOn(mine);
            return;
        }
        long now = scheduler.nanoTime();
        mine.chairUntilNanos =
                now + answerTime(mine.chairs.element(), 2, 1, now).toNanos();
        applyToChair(mine);
    }

    private void applyToChair(Meeting mine) {
        PeerView candidate = mine.chairs.element();
        int attempt = ++mine.attempt;
        JoinRoundRequest.Builder request = JoinRoundRequest.newBuilder().setRound(mine.round.toMessage());
        ownSubgroup(mine).forEach(claim -> request.addApplicants(claim.toApplicant()));
        calls.call(
                        Deadline.JOIN,
                        candidate.endpoint().orElseThrow(),
                        SwarmGrpc.getJoinRoundMethod(),
                        request.build(),
                        Duration.ofNanos(Math.max(0, mine.chairUntilNanos - scheduler.nanoTime())))
                .whenComplete(scheduler.guarded((manifest, failure) -> {
                    if (mine.group.isDone() || mine.attempt != attempt) {
                        return;
                    }
                    Optional<Group> group = failure == null ? accept(mine, candidate, manifest) : Optional.empty();
                    if (group.isPresent()) {
                        complete(mine, group.get());
                    } else if (failure != null && isFull(failure)) {
                        mine.group.completeExceptionally(failure);
                    } else if (failure == null || !endsMeeting(mine, candidate, failure)) {
                        mine.chairs.remove();
                        dialChair(mine);
                    }
                }));
    }

    private void complete(Meeting mine, Group group) {
        applications.admit(List.of(Kind.MEMBER, Kind.HELPER), group);
        mine.group.complete(group);
    }

    // ---- as the chair ----

    private void start(Meeting mine) {
        List<Application> applied = isForRound(mine) ? applications.of(Kind.SUBGROUP) : List.of();
        List<List<Claim>> subgroups = Admission.of(
                ownSubgroup(mine), applied.stream().map(Application::claims).toList());
        List<Application> admitted = IntStream.range(0, applied.size())
                .filter(i -> !subgroups.get(i + 1).isEmpty())
                .mapToObj(applied::get)
                .toList();
        Group group = manifests.sign(
                mine.round,
                subgroups.stream().filter(claims -> !claims.isEmpty()).toList(),
                isForRound(mine) ? applications.claims(Kind.HELPER) : List.of());
        applications.admitSubgroups(admitted, group);
        complete(mine, group);
    }
}
