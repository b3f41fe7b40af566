package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.Span;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * How the peers of an epoch become a group. Everybody computes the same order of candidates for leader and dials the first
 * that answers; a candidate that finds itself first leads: it waits until everybody it expects has come or the window has
 * closed, and answers all of them with the signed manifest. Confined to the protocol thread.
 */
public final class Matchmaking {
    private static final Logger log = LoggerFactory.getLogger(Matchmaking.class);
    private static final byte[] CONTEXT = "starling-claim-v1".getBytes(StandardCharsets.US_ASCII);
    private static final Duration ANSWER_MARGIN = Duration.ofSeconds(3);
    private static final int NONCE_BYTES = 16;
    private static final int MAX_BACKUPS = 3;
    private static final long MAX_SAMPLES = 1L << 40;

    private final RunConfiguration run;
    private final Credentials credentials;
    private final Transport transport;
    private final Scheduler scheduler;
    private final PeerDirectory directory;
    private final String advertisedAddress;
    private final double bandwidth;
    private final int elements;
    private final Function<RoundKey, List<PeerView>> expected;
    private final Map<PeerId, Applicant> applicants = new LinkedHashMap<>();
    private @Nullable RoundKey applicantsRound;
    private @Nullable Meeting meeting;

    private record Applicant(Caller caller, JoinGroupRequest claim, CompletableFuture<GroupManifestMessage> answer) {}

    /** This peer's own attempt to meet. */
    private static final class Meeting {
        final RoundKey round;
        final long samples;
        final List<PeerView> candidates;
        final CompletableFuture<Group> group = new CompletableFuture<>();
        int next;
        boolean leading;
        long leadingSinceNanos;

        Meeting(RoundKey round, long samples, List<PeerView> candidates) {
            this.round = round;
            this.samples = samples;
            this.candidates = candidates;
        }
    }

    /**
     * @param advertisedAddress of this peer; empty if nobody can reach it
     * @param elements length of the gradient
     * @param expected the peers that a leader should wait for in a round
     */
    public Matchmaking(
            RunConfiguration run,
            Credentials credentials,
            Transport transport,
            Scheduler scheduler,
            PeerDirectory directory,
            String advertisedAddress,
            double bandwidth,
            int elements,
            Function<RoundKey, List<PeerView>> expected) {
        this.run = run;
        this.credentials = credentials;
        this.transport = transport;
        this.scheduler = scheduler;
        this.directory = directory;
        this.advertisedAddress = advertisedAddress;
        this.bandwidth = bandwidth;
        this.elements = elements;
        this.expected = expected;
    }

    /**
     * Meets the others of the round. The future fails with a {@link RefusalException} where this peer has to catch up or
     * come back later.
     *
     * @param samples that this peer brings
     */
    public CompletableFuture<Group> meet(RoundKey round, long samples) {
        Comparator<PeerId> order = round.leaderOrder();
        PeerId self = credentials.identity().id();
        List<PeerView> candidates = new ArrayList<>();
        for (PeerView peer : expected.apply(round)) {
            // those behind this peer in the order will dial it; an unreachable peer can lead nobody
            if (peer.endpoint().isPresent() && (advertisedAddress.isEmpty() || order.compare(peer.id(), self) < 0)) {
                candidates.add(peer);
            }
        }
        candidates.sort(Comparator.comparing(PeerView::id, order));
        Meeting mine = new Meeting(round, samples, candidates);
        meeting = mine;
        mine.group.whenComplete((group, failure) -> {
            if (meeting == mine) {
                meeting = null;
            }
            if (failure != null || !mine.leading) {
                refuseApplicants(new RefusalException(
                        Reason.ROUND_RUNNING, "This peer takes part in another group of the same round"));
            }
        });
        dialNext(mine);
        return mine.group;
    }

    /** Gives up the current attempt to meet, if any. */
    public void abandon(String reason) {
        if (meeting != null) {
            meeting.group.completeExceptionally(new RefusalException(Reason.BUSY, reason));
        }
        refuseApplicants(new RefusalException(Reason.AHEAD, reason));
    }

    /** Samples that the applicants for this round bring. */
    public Map<PeerId, Long> claimedSamples(RoundKey round) {
        Map<PeerId, Long> claims = new LinkedHashMap<>();
        if (round.equals(applicantsRound)) {
            applicants.forEach(
                    (peer, applicant) -> claims.put(peer, applicant.claim().getSamples()));
        }
        return claims;
    }

    /** Call it regularly: a leader starts when its window closes or those it waits for have gone. */
    public void tick() {
        if (meeting != null && meeting.leading) {
            startIfComplete(meeting);
        }
    }

    // ---- as a follower ----

    private void dialNext(Meeting mine) {
        if (mine.group.isDone()) {
            return;
        }
        if (mine.next >= mine.candidates.size() && advertisedAddress.isEmpty()) {
            // what it committed alone nobody could download
            mine.group.completeExceptionally(new RefusalException(
                    Reason.NOT_LEADER, "no peer that can be reached leads, and this one can only dial out"));
            return;
        }
        if (mine.next >= mine.candidates.size()) {
            mine.leading = true;
            mine.leadingSinceNanos = scheduler.nanoTime();
            startIfComplete(mine);
            return;
        }
        PeerView candidate = mine.candidates.get(mine.next++);
        transport
                .call(
                        candidate.endpoint().orElseThrow(),
                        SwarmGrpc.getJoinGroupMethod(),
                        claim(mine),
                        run.averaging().matchmakingWindow().plus(ANSWER_MARGIN))
                .whenComplete((manifest, failure) -> {
                    if (failure == null) {
                        follow(mine, candidate, manifest);
                    } else if (failure instanceof RefusalException refusal
                            && (refusal.reason() == Reason.AHEAD || refusal.reason() == Reason.ROUND_RUNNING)) {
                        mine.group.completeExceptionally(refusal);
                    } else {
                        log.info(
                                "{} does not lead {}: {}",
                                candidate.id().abbreviated(),
                                mine.round,
                                failure.getMessage());
                        if (failure instanceof UnreachableException) {
                            directory.suspect(candidate.id());
                        }
                        dialNext(mine);
                    }
                });
    }

    private JoinGroupRequest claim(Meeting mine) {
        byte[] nonce = new byte[NONCE_BYTES];
        scheduler.random().nextBytes(nonce);
        JoinGroupRequest.Builder claim = JoinGroupRequest.newBuilder()
                .setRound(mine.round.toMessage())
                .setSamples(mine.samples)
                .setBandwidth(bandwidth)
                .setGradientElements(elements)
                .setNonce(ByteString.copyFrom(nonce));
        return claim.setSignature(ByteString.copyFrom(credentials.identity().sign(signedBytes(claim.build()))))
                .build();
    }

    private static byte[] signedBytes(JoinGroupRequest claim) {
        byte[] round = claim.getRound().toByteArray();
        return ByteBuffer.allocate(
                        CONTEXT.length + round.length + 24 + claim.getNonce().size())
                .put(CONTEXT)
                .put(round)
                .putLong(claim.getSamples())
                .putDouble(claim.getBandwidth())
                .putLong(claim.getGradientElements())
                .put(claim.getNonce().asReadOnlyByteBuffer())
                .array();
    }

    private void follow(Meeting mine, PeerView leader, GroupManifestMessage manifest) {
        try {
            Group group = Group.parse(manifest, run.run());
            requireAcceptable(group, mine, leader.id());
            mine.group.complete(group);
        } catch (IllegalArgumentException e) {
            log.warn("{} leads badly: {}", leader.id().abbreviated(), e.getMessage());
            dialNext(mine);
        }
    }

    private void requireAcceptable(Group group, Meeting mine, PeerId leader) {
        int self = group.indexOf(credentials.identity().id());
        if (!group.members().get(0).peer().equals(leader)) {
            throw new IllegalArgumentException("The manifest is another peer's");
        }
        if (self < 0 || group.members().get(self).samples() != mine.samples) {
            throw new IllegalArgumentException("The manifest does not have this peer with its samples");
        }
        if (!group.round().equals(mine.round)
                || group.elements() != elements
                || !group.codec().name().equals(run.averaging().codec())
                || group.members().size() > run.averaging().maxGroupSize()) {
            throw new IllegalArgumentException("The manifest does not fit the round or the run");
        }
        for (Group.Member member : group.members()) {
            Optional<PeerView> known = directory.find(member.peer());
            if (known.isPresent() && !known.get().token().accountId().equals(member.accountId())) {
                throw new IllegalArgumentException(member + " is not of the account that the manifest says");
            }
        }
    }

    // ---- as a leader ----

    /**
     * Takes in an application. The future completes with the manifest when the group starts.
     *
     * @param round that the applicant is in, the same as this peer's
     */
    public CompletableFuture<GroupManifestMessage> apply(Caller caller, RoundKey round, JoinGroupRequest claim) {
        if (claim.getSamples() < 1
                || claim.getSamples() > MAX_SAMPLES
                || claim.getGradientElements() != elements
                || !(claim.getBandwidth() >= 0 && claim.getBandwidth() < 1e15)) {
            throw new RefusalException(
                    Reason.MALFORMED,
                    "A claim of " + claim.getSamples() + " samples for " + claim.getGradientElements()
                            + " elements where the gradient has " + elements);
        }
        if (!Ed25519.verify(
                caller.publicKey(), signedBytes(claim), claim.getSignature().toByteArray())) {
            throw new RefusalException(Reason.MALFORMED, "The claim is not signed by the caller");
        }
        if (!round.equals(applicantsRound)) {
            refuseApplicants(new RefusalException(Reason.AHEAD, "The swarm has gone on to " + round));
            applicantsRound = round;
        }
        if (applicants.size() >= run.averaging().maxGroupSize() - 1 && !applicants.containsKey(caller.peer())) {
            throw new RefusalException(
                    Reason.GROUP_FULL, "The group has its " + run.averaging().maxGroupSize() + " members");
        }
        CompletableFuture<GroupManifestMessage> answer = new CompletableFuture<>();
        Applicant earlier = applicants.put(caller.peer(), new Applicant(caller, claim, answer));
        if (earlier != null) {
            earlier.answer().completeExceptionally(new RefusalException(Reason.BUSY, "Replaced by a newer claim"));
        }
        tick();
        return answer;
    }

    private void refuseApplicants(RefusalException refusal) {
        List<Applicant> refused = List.copyOf(applicants.values());
        applicants.clear();
        refused.forEach(applicant -> applicant.answer().completeExceptionally(refusal));
    }

    private void startIfComplete(Meeting mine) {
        if (mine.group.isDone()) {
            return;
        }
        boolean complete = expected.apply(mine.round).stream().allMatch(peer -> applicants.containsKey(peer.id()))
                || applicants.size() >= run.averaging().maxGroupSize() - 1;
        Duration waited = Duration.ofNanos(scheduler.nanoTime() - mine.leadingSinceNanos);
        if (complete || waited.compareTo(run.averaging().matchmakingWindow()) >= 0) {
            start(mine);
        }
    }

    private void start(Meeting mine) {
        List<Applicant> joined = mine.round.equals(applicantsRound) ? List.copyOf(applicants.values()) : List.of();
        applicants.clear();
        Group group = Group.sign(manifest(mine, joined), credentials.identity());
        joined.forEach(applicant -> applicant.answer().complete(group.message()));
        mine.group.complete(group);
    }

    private GroupManifest manifest(Meeting mine, List<Applicant> joined) {
        byte[] id = new byte[16];
        scheduler.random().nextBytes(id);
        GroupManifest.Builder manifest = GroupManifest.newBuilder()
                .setRun(run.run())
                .setRound(mine.round.toMessage())
                .setGroupId(ByteString.copyFrom(id))
                .setPartElements(run.averaging().partElements())
                .setCodec(run.averaging().codec())
                .setAggregator(Group.MEAN)
                .setGradientElements(elements)
                .setStartedAtMillis(scheduler.instant().toEpochMilli())
                .addMembers(GroupMember.newBuilder()
                        .setPublicKey(ByteString.copyFrom(credentials.identity().publicKey()))
                        .setAccountId(credentials.token().accountId())
                        .setAccountName(credentials.token().accountName())
                        .setSamples(mine.samples)
                        .setAddress(advertisedAddress)
                        .setBandwidth(bandwidth));
        for (Applicant applicant : joined) {
            String address = directory
                    .find(applicant.caller().peer())
                    .map(peer -> peer.record().getAddress())
                    .orElse("");
            manifest.addMembers(GroupMember.newBuilder()
                    .setPublicKey(ByteString.copyFrom(applicant.caller().publicKey()))
                    .setAccountId(applicant.caller().token().accountId())
                    .setAccountName(applicant.caller().token().accountName())
                    .setSamples(applicant.claim().getSamples())
                    .setAddress(address)
                    .setBandwidth(applicant.claim().getBandwidth()));
        }
        return manifest.addAllSpans(spans(manifest.getMembersList(), elements)).build();
    }

    /** Each reachable member's span; the next reachable members in line take over. */
    static List<Span> spans(List<GroupMember> members, int elements) {
        int n = members.size();
        double[] bandwidths = new double[n];
        for (int i = 0; i < n; i++) {
            bandwidths[i] =
                    members.get(i).getAddress().isEmpty() ? 0 : members.get(i).getBandwidth();
        }
        if (Arrays.stream(bandwidths).allMatch(b -> b == 0)) {
            // nobody offers to reduce, so whoever can be reached must; alone, one's own address does not matter
            for (int i = 0; i < n; i++) {
                bandwidths[i] = n == 1 || !members.get(i).getAddress().isEmpty() ? 1 : 0;
            }
        }
        int[] split = LoadBalancer.split(bandwidths, elements);
        List<Span> spans = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < n; i++) {
            if (split[i] == 0) {
                continue;
            }
            Span.Builder span =
                    Span.newBuilder().setOffset(offset).setElements(split[i]).addReducers(i);
            for (int k = 1; k < n && span.getReducersCount() <= MAX_BACKUPS; k++) {
                int backup = (i + k) % n;
                if (bandwidths[backup] > 0) {
                    span.addReducers(backup);
                }
            }
            spans.add(span.build());
            offset += split[i];
        }
        return spans;
    }
}
