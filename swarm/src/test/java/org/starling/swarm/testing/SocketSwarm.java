package org.starling.swarm.testing;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.CurrentAuthority;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;

/** Production nodes on real threads, sockets and TLS, in one process. Callable from one thread. */
public final class SocketSwarm implements AutoCloseable {
    private static final double SPEED = 60;

    private final TestAuthority authority;
    private final RunConfiguration run;
    private final int elements;
    private final List<Peer> peers = new CopyOnWriteArrayList<>();

    /** By address, also those that have been forgotten. */
    private final Map<String, Peer> byAddress = new ConcurrentHashMap<>();

    private int created;

    public SocketSwarm(RunConfiguration run, int elements) {
        this.authority = new TestAuthority(run.run());
        this.run = run;
        this.elements = elements;
    }

    /** One node with all that is its own. */
    public static final class Peer {
        public final String account;
        public final SwarmNode node;
        public final List<EpochRecord> records = new CopyOnWriteArrayList<>();
        private final PeerIdentity identity;
        private final Credentials credentials;
        private final SwarmService service;
        private final @Nullable SwarmServer server;
        private final GrpcTransport transport;
        private final ThreadScheduler scheduler;
        private volatile UnaryOperator<Message> spoiling = UnaryOperator.identity();
        private volatile BinaryOperator<Message> spoilingAnswers = (request, answer) -> answer;

        Peer(
                String account,
                Credentials credentials,
                SwarmNode node,
                SwarmService service,
                @Nullable SwarmServer server,
                GrpcTransport transport,
                ThreadScheduler scheduler) {
            this.account = account;
            this.identity = credentials.identity();
            this.credentials = credentials;
            this.node = node;
            this.service = service;
            this.server = server;
            this.transport = transport;
            this.scheduler = scheduler;
            node.addListener(new NodeListener() {
                @Override
                public void recordBecameFinal(EpochRecord record) {
                    records.add(record);
                }
            });
        }

        public boolean isReachable() {
            return server != null;
        }

        public PeerId id() {
            return identity.id();
        }

        /** Those with whom a connection is open, whoever has made it. */
        public Set<PeerId> connected() {
            Set<PeerId> all = new HashSet<>(service.connected());
            all.addAll(transport.connected());
            return all;
        }

        public NodeStatus status() {
            return node.status();
        }

        /** Changes what the peer sends; with an {@link UnreachableException} the connection breaks before. */
        public void spoil(UnaryOperator<Message> spoiling) {
            this.spoiling = spoiling;
        }

        /**
         * Changes what the peer answers, given the request and its honest answer; with an {@link UnreachableException} the connection
         * breaks before it has come. Called on threads of the callers.
         */
        public void spoilAnswers(BinaryOperator<Message> spoiling) {
            this.spoilingAnswers = spoiling;
        }

        /** Samples that a record credits to this peer; empty if it is no member. */
        public Optional<Long> samplesIn(EpochRecord record) {
            return record.members().stream()
                    .filter(member -> member.peer().equals(identity.id()))
                    .map(EpochRecord.Member::samples)
                    .findFirst();
        }

        /** As when the process is killed: the connections break, and nobody is told. */
        public void kill() {
            scheduler.close();
            transport.close();
            if (server != null) {
                server.close();
            }
        }

        /** As its owner does. */
        public void stop() {
            node.close();
            kill();
        }
    }

    public TestAuthority authority() {
        return authority;
    }

    /** Gives a peer another token, signed by the key with which the authority signs now. */
    public void renewToken(Peer peer) {
        peer.credentials.renew(token(peer.identity, peer.account));
        peer.node.announceToken();
    }

    private AccessToken token(PeerIdentity identity, String account) {
        return authority.issue(identity, account, Set.of(Role.TRAINER), Instant.now());
    }

    /** An order of the authority; hand it to any peer. */
    public SignedOrder sign(Order order) {
        return SignedOrder.sign(order, authority.key());
    }

    /** What the authority calls an account. */
    public static String accountId(Peer peer) {
        return "id-of-" + peer.account;
    }

    /** Those that have been added and neither killed nor stopped by this swarm. */
    public List<Peer> peers() {
        return List.copyOf(peers);
    }

    public Peer addTrainer() throws IOException {
        return add(true);
    }

    /** Adds a trainer whose server port is closed. */
    public Peer addOutboundOnlyTrainer() throws IOException {
        return add(false);
    }

    private Peer add(boolean reachable) throws IOException {
        String account = (reachable ? "account" : "hidden") + created;
        PeerIdentity identity = PeerIdentity.create();
        ThreadScheduler scheduler = new ThreadScheduler(2);
        CurrentAuthority trusted = new CurrentAuthority(authority.trusted());
        Credentials credentials =
                new Credentials(identity, new TokenVerifier(trusted, run.run(), scheduler), token(identity, account));
        SwarmService service = new SwarmService(scheduler);
        SwarmServer server =
                reachable ? SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), identity, service) : null;
        GrpcTransport transport = new GrpcTransport(credentials, scheduler);
        Peer[] self = new Peer[1];
        ToyReplica replica = new ToyReplica(elements);
        List<Endpoint> entryPoints = peers.stream()
                .flatMap(peer -> Optional.ofNullable(peer.server).stream())
                .map(known -> new Endpoint("127.0.0.1:" + known.port(), null))
                .toList();
        SwarmNode node = new SwarmNode(
                run,
                new NodeSettings(
                        server == null ? "" : "127.0.0.1:" + server.port(),
                        Set.of(Role.TRAINER),
                        entryPoints,
                        List.of(),
                        1e6,
                        "test"),
                credentials,
                trusted,
                List.of(),
                Optional.of(replica),
                Optional.of(new ToyGradients(replica, scheduler, SPEED, created)),
                new Transport() {
                    @Override
                    @SuppressWarnings("unchecked")
                    public <Q extends Message, R extends Message> CompletableFuture<R> call(
                            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                        CompletableFuture<R> arrives = new CompletableFuture<>();
                        Peer peer = self[0];
                        try {
                            Q sent = peer == null ? request : (Q) peer.spoiling.apply(request);
                            CompletableFuture<R> reply = transport.call(to, method, sent, deadline);
                            reply.whenComplete(scheduler.guarded((answer, failure) -> {
                                if (failure == null) {
                                    arrive(to, sent, answer, arrives);
                                } else {
                                    arrives.completeExceptionally(failure);
                                }
                            }));
                            arrives.whenComplete(scheduler.guarded((answer, failure) -> {
                                if (arrives.isCancelled()) {
                                    reply.cancel(false);
                                }
                            }));
                        } catch (UnreachableException e) {
                            arrives.completeExceptionally(e);
                        }
                        return arrives;
                    }
                },
                scheduler);
        Peer peer = new Peer(account, credentials, node, service, server, transport, scheduler);
        self[0] = peer;
        if (server != null) {
            byAddress.put("127.0.0.1:" + server.port(), peer);
        }
        node.addListener(new NodeListener() {
            @Override
            public void ordered(SignedOrder order) {
                trusted.obey(order.order());
            }
        });
        service.open(credentials, node.handler());
        created++;
        peers.add(peer);
        node.start();
        return peer;
    }

    /** An answer has come to its caller, as the one who has given it spoils it. */
    @SuppressWarnings("unchecked")
    private <R extends Message> void arrive(Endpoint from, Message request, R answer, CompletableFuture<R> arrives) {
        try {
            Peer answerer = byAddress.get(from.address());
            arrives.complete(answerer == null ? answer : (R) answerer.spoilingAnswers.apply(request, answer));
        } catch (UnreachableException e) {
            arrives.completeExceptionally(e);
        }
    }

    /** For those who end it themselves. */
    public void forget(Peer peer) {
        peers.remove(peer);
    }

    /** As {@link Peer#kill}, and forgets it. */
    public void kill(Peer peer) {
        peers.remove(peer);
        peer.kill();
    }

    /** As {@link Peer#stop}, and forgets it. */
    public void stop(Peer peer) {
        peers.remove(peer);
        peer.stop();
    }

    /** The state that all are in; empty if they are in different ones. */
    public Optional<StateReference> commonState() {
        List<Optional<StateReference>> states =
                peers.stream().map(peer -> peer.status().state()).distinct().toList();
        return states.size() == 1 ? states.get(0) : Optional.empty();
    }

    /** Whether the newest record that each peer knows has all peers, with samples. */
    public boolean everybodyTakesPart() {
        return peers.stream()
                .allMatch(peer -> peer.status()
                        .head()
                        .filter(head -> peers.stream()
                                .allMatch(other -> other.samplesIn(head).orElse(0L) > 0))
                        .isPresent());
    }

    @Override
    public void close() {
        peers.forEach(Peer::stop);
        peers.clear();
    }

    /** A run with short deadlines, for machines that are busy with other things as well. */
    public static RunConfiguration shortRun(String name, int targetBatchSize) {
        return new RunConfiguration(
                name,
                "toy",
                Map.of(),
                targetBatchSize,
                org.starling.swarm.run.AveragingSettings.defaults(),
                new org.starling.swarm.run.MembershipSettings(Duration.ofMillis(500), Duration.ofSeconds(6), 3));
    }
}
