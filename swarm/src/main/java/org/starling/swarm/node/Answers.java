package org.starling.swarm.node;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.ProbeGuest;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.FetchGalleryRequest;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.FetchRecordsReply;
import org.starling.swarm.wire.proto.FetchRecordsRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.FetchStatementsRequest;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.JoinRoundRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.ProbeMessage;
import org.starling.swarm.wire.proto.StateDescription;
import org.starling.swarm.wire.proto.VotesMessage;

/** What this peer answers when others call. Takes calls on any thread and answers them on the protocol thread. */
final class Answers implements RequestHandler {
    private static final int MAX_RECORD_BYTES = 4 << 20;

    private final Scheduler scheduler;
    private final Gossip gossip;
    private final Ledger ledger;
    private final Rounds rounds;
    private final RecordSigning signing;
    private final StateServer states;
    private final @Nullable Matchmaking matchmaking;
    private final Optional<Replica> replica;
    private final Self self;
    private final ProbeGuest probes;

    /** What the answers depend on at the moment. */
    interface Self {
        Phase phase();

        Optional<Position> position();

        /** The newest generation that has been ordered. */
        long generation();

        Supplier<Gallery> gallery();

        /** Whether this peer has offered to reduce in a round that may begin at any time. */
        boolean mayHelp();

        /** Why the owner of a token is banned; empty if it is not. */
        Optional<String> findBan(AccessToken token);

        /** Whether nobody averages with the owner of a token. */
        boolean isShunned(AccessToken token);
    }

    Answers(
            Scheduler scheduler,
            Gossip gossip,
            Ledger ledger,
            Rounds rounds,
            RecordSigning signing,
            StateServer states,
            @Nullable Matchmaking matchmaking,
            Optional<Replica> replica,
            Self self) {
        this.scheduler = scheduler;
        this.gossip = gossip;
        this.ledger = ledger;
        this.rounds = rounds;
        this.signing = signing;
        this.states = states;
        this.matchmaking = matchmaking;
        this.replica = replica;
        this.self = self;
        this.probes = new ProbeGuest(scheduler);
    }

    @Override
    public CompletableFuture<Message> handle(Caller caller, MethodDescriptor<?, ?> method, Message request) {
        CompletableFuture<Message> reply = new CompletableFuture<>();
        scheduler.execute(() -> {
            try {
                answer(caller, method, request).whenComplete(scheduler.guarded((message, failure) -> {
                    if (failure == null) {
                        reply.complete(message);
                    } else {
                        reply.completeExceptionally(asRefusal(failure));
                    }
                }));
            } catch (RuntimeException e) {
                reply.completeExceptionally(asRefusal(e));
            }
        });
        return reply;
    }

    private static Throwable asRefusal(Throwable failure) {
        Throwable cause = Futures.cause(failure);
        return cause instanceof IllegalArgumentException
                ? new RefusalException(Reason.MALFORMED, String.valueOf(cause.getMessage()))
                : cause;
    }

    private CompletableFuture<? extends Message> answer(Caller caller, MethodDescriptor<?, ?> method, Message request) {
        if (self.phase() == Phase.STOPPED) {
            throw new RefusalException(Reason.STOPPING, "This peer is stopping");
        }
        Optional<String> ban = self.findBan(caller.token());
        if (ban.isPresent() && request instanceof GossipRequest news) {
            // so that it learns why nobody answers it otherwise
            return CompletableFuture.completedFuture(gossip.ordersFor(news));
        }
        if (ban.isPresent()) {
            throw new RefusalException(Reason.BANNED, "The authority has banned this peer: " + ban.get());
        }
        gossip.directory().heardFrom(caller.peer());
        boolean mayBegin = self.phase() == Phase.MEETING || self.mayHelp();
        if (request instanceof GossipRequest news) {
            return CompletableFuture.completedFuture(gossip.answer(news));
        } else if (request instanceof JoinGroupRequest claim) {
            boolean offer = claim.getSamples() == 0 && caller.token().roles().contains(Role.AUXILIARY);
            return join(
                    caller,
                    offer ? Role.AUXILIARY : Role.TRAINER,
                    claim.getRound(),
                    round -> rounds.manifestFor(caller.peer(), round, claim.getSamples()),
                    (meetings, round) ->
                            offer ? meetings.offer(caller, round, claim) : meetings.apply(caller, round, claim));
        } else if (request instanceof JoinRoundRequest claims) {
            return join(
                    caller,
                    Role.TRAINER,
                    claims.getRound(),
                    round -> Optional.empty(),
                    (meetings, round) -> meetings.apply(caller, round, claims));
        } else if (request instanceof PartRequest part) {
            return rounds.call(caller, part.getGroupId(), part, mayBegin, r -> r.receivePart(caller.peer(), part));
        } else if (request instanceof MeanRequest mean) {
            return rounds.call(caller, mean.getGroupId(), mean, mayBegin, r -> r.receiveMean(caller.peer(), mean));
        } else if (request instanceof VotesMessage votes) {
            return rounds.call(caller, votes.getGroupId(), votes, mayBegin, r -> r.receiveVotes(caller.peer(), votes));
        } else if (request instanceof FetchPartRequest fetch) {
            return rounds.call(
                    caller,
                    fetch.getGroupId(),
                    fetch,
                    mayBegin,
                    r -> CompletableFuture.completedFuture(r.fetchPart(caller.peer(), fetch)));
        } else if (request instanceof FetchStatementsRequest fetch) {
            return CompletableFuture.completedFuture(
                    rounds.require(fetch.getGroupId()).statements(caller.peer(), fetch.getFrom()));
        } else if (request instanceof FetchOutcomeRequest fetch) {
            return rounds.call(
                    caller,
                    fetch.getGroupId(),
                    fetch,
                    mayBegin,
                    r -> CompletableFuture.completedFuture(r.outcomeFor(caller.peer(), fetch)));
        } else if (request instanceof EpochRecordMessage record) {
            return CompletableFuture.completedFuture(signing.receive(record));
        } else if (request instanceof DescribeStateRequest describe) {
            return describe(describe);
        } else if (request instanceof FetchStateChunkRequest chunk) {
            return states.chunk(chunk);
        } else if (request instanceof FetchRecordsRequest fetch) {
            return CompletableFuture.completedFuture(records(fetch));
        } else if (request instanceof ProbeMessage probe) {
            return CompletableFuture.completedFuture(probes.answer(caller.peer(), probe, needsItsLine()));
        } else if (request instanceof FetchGalleryRequest) {
            return CompletableFuture.completedFuture(self.gallery().get());
        }
        throw new RefusalException(Reason.MALFORMED, "This version does not answer " + method.getFullMethodName());
    }

    private boolean needsItsLine() {
        return switch (self.phase()) {
            case MEETING, AVERAGING, CATCHING_UP -> true;
            case STARTING, ACCUMULATING, STEPPING, STOPPED -> false;
        };
    }

    /** @param begun the manifest of a round that has begun here, for whoever has lost it */
    private CompletableFuture<GroupManifestMessage> join(
            Caller caller,
            Role role,
            org.starling.swarm.wire.proto.RoundKey claimed,
            Function<RoundKey, Optional<GroupManifestMessage>> begun,
            BiFunction<Matchmaking, RoundKey, CompletableFuture<GroupManifestMessage>> application) {
        caller.require(role);
        if (self.isShunned(caller.token())) {
            throw new RefusalException(
                    Reason.SHUNNED, "A peer of this account has told different members of a round different averages");
        }
        Optional<Position> position = self.position();
        if (matchmaking == null || position.isEmpty()) {
            throw new RefusalException(Reason.NOT_LEADER, "This peer does not average");
        }
        RoundKey theirs = RoundKey.of(claimed);
        RoundKey own = position.get().roundKey();
        if (theirs.generation() != own.generation() || theirs.epoch() != own.epoch()) {
            boolean behind = theirs.generation() != own.generation()
                    ? own.generation() < theirs.generation()
                    : own.epoch() < theirs.epoch();
            throw new RefusalException(
                    behind ? Reason.BEHIND : Reason.AHEAD,
                    "This peer is at epoch " + own.epoch() + " of generation " + own.generation());
        }
        if (!theirs.equals(own)) {
            throw new RefusalException(
                    Reason.FORKED, "This peer is in the state " + own.state().abbreviated() + " at that epoch");
        }
        if (self.phase() == Phase.AVERAGING || self.phase() == Phase.STEPPING) {
            return CompletableFuture.completedFuture(begun.apply(own)
                    .orElseThrow(
                            () -> new RefusalException(Reason.ROUND_RUNNING, "The round of that epoch has begun")));
        }
        return application.apply(matchmaking, own);
    }

    private CompletableFuture<StateDescription> describe(DescribeStateRequest request) {
        boolean current = replica.isPresent()
                && self.phase() != Phase.STEPPING
                && self.position()
                        .filter(p -> p.state().digest().toByteString().equals(request.getStateDigest()))
                        .isPresent();
        return states.describe(
                request,
                current,
                () -> StateSnapshot.copyOf(replica.orElseThrow().state()));
    }

    private FetchRecordsReply records(FetchRecordsRequest request) {
        int limit = Math.max(1, Math.min(History.MAX_RECORDS_AT_ONCE, request.getLimit()));
        Optional<Digest> from = request.getFrom().isEmpty()
                ? ledger.head(self.generation()).map(EpochRecord::id)
                : Optional.of(Digest.of(request.getFrom()));
        List<EpochRecord> chain = from.map(id -> ledger.chainFrom(id, limit)).orElse(List.of());
        List<EpochRecordMessage> newestFirst = new ArrayList<>(ledger.messages(chain, MAX_RECORD_BYTES));
        Collections.reverse(newestFirst);
        return FetchRecordsReply.newBuilder().addAllRecords(newestFirst).build();
    }
}
