package org.starling.benchmarks.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.starling.swarm.averaging.Bandwidth;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.averaging.Distrust;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.averaging.TimedCalls;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.Neighbours;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.VotesMessage;

/** A peer with all that averaging needs, on a port of its own, and nothing else: no gossip, no replica, no records. */
final class BenchmarkPeer implements AutoCloseable {
    /** Bytes a second that each says it can send; all the same, so that all reduce as much. */
    private static final double BANDWIDTH = 1e8;

    private final PeerIdentity identity;
    private final ThreadScheduler scheduler;
    private final GrpcTransport grpc;
    private final SwarmServer server;
    private final Credentials credentials;
    private final RunConfiguration run;
    private final CountingTransport transport;
    private final TimedCalls calls;
    private final Neighbours neighbours = new Neighbours();
    private final Distrust distrust;
    private final Matchmaking matchmaking;
    private volatile CompletableFuture<Round> round = new CompletableFuture<>();

    /** @param way where this peer dials instead of another's own address */
    BenchmarkPeer(
            RunConfiguration run,
            TestAuthority authority,
            PeerIdentity identity,
            String account,
            int elements,
            int workers,
            UnaryOperator<Endpoint> way)
            throws IOException {
        this.run = run;
        this.identity = identity;
        this.scheduler = new ThreadScheduler(workers);
        this.credentials = new Credentials(
                identity,
                authority.verifier(scheduler),
                authority.issue(identity, account, Set.of(Role.TRAINER), Instant.now()));
        SwarmService service = new SwarmService(scheduler);
        this.server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), identity, service);
        this.grpc = new GrpcTransport(credentials, scheduler);
        this.transport = new CountingTransport(grpc, way);
        this.calls = new TimedCalls(transport, scheduler, new Deadlines(scheduler, Deadline.Watch.NOBODY));
        this.distrust = new Distrust(scheduler);
        this.matchmaking = new Matchmaking(
                () -> run,
                run::limits,
                credentials,
                calls,
                scheduler,
                neighbours,
                address(),
                new Bandwidth(BANDWIDTH),
                TensorSizes.single(elements),
                key -> neighbours.alive(),
                head -> Optional.empty(),
                token -> false,
                () -> neighbours.alive().size() + 1,
                distrust);
        service.open(credentials, this::handle);
    }

    String address() {
        return "127.0.0.1:" + server.port();
    }

    PeerIdentity identity() {
        return identity;
    }

    CountingTransport transport() {
        return transport;
    }

    /** What others must know of this peer. */
    PeerView card() {
        return card(identity, credentials.token(), address());
    }

    /** What others must know of a peer. */
    static PeerView card(PeerIdentity identity, AccessToken token, String address) {
        return new PeerView(
                identity.id(),
                identity.publicKey(),
                token,
                PeerRecord.newBuilder().setAddress(address).build(),
                Set.of(Role.TRAINER),
                Optional.of(new Endpoint(address, identity.id())),
                null,
                Instant.EPOCH,
                0);
    }

    void knows(PeerView other) {
        neighbours.add(other);
    }

    CompletableFuture<Group> meet(RoundKey key, long samples) {
        round = new CompletableFuture<>();
        CompletableFuture<Group> met = new CompletableFuture<>();
        scheduler.execute(() -> matchmaking.meet(key, 0, samples).whenComplete(Futures.into(met)));
        return met;
    }

    /** @param gradient {@code float[elements]}; not changed */
    CompletableFuture<Round.Outcome> average(Group group, float[] gradient) {
        CompletableFuture<Round.Outcome> end = new CompletableFuture<>();
        scheduler.execute(() -> {
            Round mine = new Round(
                    group,
                    gradient,
                    identity,
                    run.averaging(),
                    calls,
                    scheduler,
                    distrust,
                    unreachable -> {},
                    contradiction -> {});
            mine.start().whenComplete(Futures.into(end));
            round.complete(mine);
        });
        return end;
    }

    /** Lets go of what the last round has staged. */
    void forget() {
        round = new CompletableFuture<>();
    }

    private CompletableFuture<Message> handle(Caller caller, MethodDescriptor<?, ?> method, Message request) {
        CompletableFuture<Message> reply = new CompletableFuture<>();
        scheduler.execute(() -> {
            try {
                answer(caller, request).whenComplete(Futures.into(reply));
            } catch (RuntimeException e) {
                reply.completeExceptionally(e);
            }
        });
        return reply;
    }

    private CompletableFuture<? extends Message> answer(Caller caller, Message request) {
        if (request instanceof JoinGroupRequest claim) {
            return matchmaking.apply(caller, RoundKey.of(claim.getRound()), claim);
        } else if (request instanceof PartRequest part) {
            return inRound(mine -> mine.receivePart(caller.peer(), part));
        } else if (request instanceof MeanRequest mean) {
            return inRound(mine -> mine.receiveMean(caller.peer(), mean));
        } else if (request instanceof VotesMessage votes) {
            return inRound(mine -> mine.receiveVotes(caller.peer(), votes));
        } else if (request instanceof FetchPartRequest fetch) {
            return inRound(mine -> CompletableFuture.completedFuture(mine.fetchPart(caller.peer(), fetch)));
        } else if (request instanceof FetchOutcomeRequest fetch) {
            return inRound(mine -> CompletableFuture.completedFuture(mine.outcomeFor(caller.peer(), fetch)));
        }
        throw new RefusalException(RefusalException.Reason.MALFORMED, "Nothing else is measured");
    }

    /** Calls that come before the round has begun here wait for it. */
    private <R> CompletableFuture<R> inRound(Function<Round, CompletableFuture<R>> call) {
        return round.thenCompose(call);
    }

    @Override
    public void close() {
        server.close();
        grpc.close();
        scheduler.close();
    }
}
