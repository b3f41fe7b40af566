package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.StateChunk;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Real sockets, real mutual TLS. */
class GrpcTransportTest {
    private static final String RUN = "test/run";
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final TestAuthority authority = new TestAuthority(RUN);
    private final ThreadScheduler scheduler = new ThreadScheduler(2);
    private final PeerIdentity serverIdentity = PeerIdentity.create();
    private final SwarmService service = new SwarmService(scheduler);
    private SwarmServer server;
    private Endpoint endpoint;

    @BeforeEach
    void startServer() throws Exception {
        open();
        server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), serverIdentity, service);
        endpoint = new Endpoint("127.0.0.1:" + server.port(), serverIdentity.id());
    }

    /** The server knows nobody. */
    private void open() {
        service.open(
                new Credentials(
                        serverIdentity,
                        authority.verifier(scheduler),
                        authority.issue(serverIdentity, "server", Set.of(Role.TRAINER), Instant.now())),
                (caller, method, request) -> request instanceof PartRequest part
                        ? CompletableFuture.completedFuture(PartReply.newBuilder()
                                .setPayload(part.getPayload())
                                .setIncluded(
                                        ByteString.copyFromUtf8(caller.token().accountName()))
                                .build())
                        : CompletableFuture.failedFuture(
                                new RefusalException(RefusalException.Reason.UNKNOWN_STATE, "no such state")));
    }

    @AfterEach
    void stop() {
        server.close();
        scheduler.close();
    }

    private PartReply call(PeerIdentity identity, AccessToken token, Endpoint to) {
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(identity, authority.verifier(scheduler), token), scheduler)) {
            return exchange(transport, to, ByteString.copyFromUtf8("gradient")).join();
        }
    }

    private static CompletableFuture<PartReply> exchange(GrpcTransport transport, Endpoint to, ByteString payload) {
        return transport.call(
                to,
                SwarmGrpc.getExchangePartMethod(),
                PartRequest.newBuilder().setPayload(payload).build(),
                DEADLINE);
    }

    @Test
    void aPeerWithAValidTokenIsAnswered() {
        PeerIdentity ada = PeerIdentity.create();

        PartReply reply = call(ada, authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now()), endpoint);

        assertThat(reply.getPayload().toStringUtf8()).isEqualTo("gradient");
        assertThat(reply.getIncluded().toStringUtf8()).isEqualTo("ada");
    }

    @Test
    void aPeerThatHasBeenForgottenSaysHelloAgainAndOnlyALargeMessageHasToBeSentOnceMore() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        ByteString large = ByteString.copyFrom(new byte[200_000]);
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(ada, authority.verifier(scheduler), token), scheduler)) {
            exchange(transport, endpoint, large).join();
            open();
            assertThat(exchange(transport, endpoint, ByteString.EMPTY).join().getIncluded())
                    .isEqualTo(ByteString.copyFromUtf8("ada"));
            open();
            assertThatThrownBy(() -> exchange(transport, endpoint, large).join())
                    .cause()
                    .isInstanceOf(UnreachableException.class)
                    .hasMessageContaining("does not know this peer any more");
            assertThat(exchange(transport, endpoint, large).join().getPayload()).isEqualTo(large);
        }
    }

    @Test
    void moreConnectionsAreOpenedWhileTensorsWouldWaitForEachOtherAndNoMoreThanAllowed() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        CompletableFuture<PartReply> held = new CompletableFuture<>();
        service.open(
                new Credentials(
                        serverIdentity,
                        authority.verifier(scheduler),
                        authority.issue(serverIdentity, "server", Set.of(Role.TRAINER), Instant.now())),
                (caller, method, request) ->
                        request instanceof PartRequest part && part.getPayload().isEmpty()
                                ? held
                                : CompletableFuture.completedFuture(PartReply.getDefaultInstance()));
        AtomicInteger connections = new AtomicInteger();
        UnaryOperator<NettyChannelBuilder> count = builder -> {
            connections.incrementAndGet();
            return builder;
        };
        ByteString payload = ByteString.copyFromUtf8("gradient");
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(ada, authority.verifier(scheduler), token), scheduler, count, 3)) {
            for (int i = 0; i < 5; i++) {
                exchange(transport, endpoint, payload).join();
            }
            assertThat(connections).hasValue(1);

            List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(exchange(transport, endpoint, ByteString.EMPTY));
            }
            assertThat(connections).hasValue(3);
            exchange(transport, endpoint, payload).join();
            held.complete(PartReply.getDefaultInstance());
            waiting.forEach(CompletableFuture::join);
            assertThat(connections).hasValue(3);
        }
    }

    @Test
    void aTransportThatIsClosedIsLetGo() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());

        WeakReference<GrpcTransport> closed = usedAndClosed(new Credentials(ada, authority.verifier(scheduler), token));

        await().atMost(DEADLINE).until(() -> {
            System.gc();
            return closed.get() == null;
        });
    }

    private WeakReference<GrpcTransport> usedAndClosed(Credentials credentials) {
        try (GrpcTransport transport = new GrpcTransport(credentials, scheduler)) {
            exchange(transport, endpoint, ByteString.EMPTY).join();
            return new WeakReference<>(transport);
        }
    }

    @Test
    void encryptionIsNativeWhereTheLibraryIs() {
        assertThat(Tls.isNative()).isEqualTo(OpenSsl.isAvailable());
        assertThat(Tls.server(serverIdentity) instanceof OpenSslContext
                        || Tls.server(serverIdentity) instanceof ReferenceCountedOpenSslContext)
                .isEqualTo(Tls.isNative());
    }

    @Test
    void refusalsCrossTheWireWithTheirReason() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(ada, authority.verifier(scheduler), token), scheduler)) {
            assertThatThrownBy(() -> transport
                            .call(
                                    endpoint,
                                    SwarmGrpc.getDescribeStateMethod(),
                                    org.starling.swarm.wire.proto.DescribeStateRequest.getDefaultInstance(),
                                    DEADLINE)
                            .join())
                    .cause()
                    .isInstanceOfSatisfying(RefusalException.class, refusal -> {
                        assertThat(refusal.reason()).isEqualTo(RefusalException.Reason.UNKNOWN_STATE);
                        assertThat(refusal).hasMessage("no such state");
                    });
        }
    }

    @Test
    void credentialsThatAreNotGoodAreRefusedWithAReason() {
        PeerIdentity ada = PeerIdentity.create();
        PeerIdentity eve = PeerIdentity.create();
        AccessToken adas = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        AccessToken expired =
                authority.issue(eve, "eve", Set.of(Role.TRAINER), Instant.now().minus(Duration.ofDays(2)));
        AccessToken otherRun = new TestAuthority("other/run").issue(eve, "eve", Set.of(Role.TRAINER), Instant.now());

        assertRefused(eve, adas, RefusalException.Reason.NOT_AUTHENTICATED, "WRONG_CERTIFICATE");
        assertRefused(eve, expired, RefusalException.Reason.NOT_AUTHENTICATED, "TOKEN_EXPIRED");
        assertRefused(eve, otherRun, RefusalException.Reason.UNKNOWN_KEY, "UNKNOWN_KEY");
        AccessToken none = new AccessToken("", "", RUN, "", "", Set.of(), "", eve.id(), Instant.now(), Instant.now());
        assertRefused(eve, none, RefusalException.Reason.NOT_AUTHENTICATED, "MALFORMED_TOKEN");
    }

    private void assertRefused(
            PeerIdentity identity, AccessToken token, RefusalException.Reason reason, String detail) {
        assertThatThrownBy(() -> call(identity, token, endpoint))
                .cause()
                .isInstanceOfSatisfying(RefusalException.class, refusal -> {
                    assertThat(refusal.reason()).isEqualTo(reason);
                    assertThat(refusal).hasMessageContaining(detail);
                });
    }

    @Test
    void anotherPeerAtTheAddressIsNotTalkedTo() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        PeerId expected = PeerIdentity.create().id();

        assertThatThrownBy(() -> call(ada, token, new Endpoint(endpoint.address(), expected)))
                .cause()
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining("instead of " + expected.abbreviated());
    }

    @Test
    void nobodyThereAndNamesThatDoNotResolveAreSaidSo() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        server.close();

        assertThatThrownBy(() -> call(ada, token, endpoint)).cause().isInstanceOf(UnreachableException.class);
        assertThatThrownBy(() -> call(ada, token, new Endpoint("no-such-host.invalid:7000", null)))
                .cause()
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining("no-such-host.invalid");
        assertThatThrownBy(() -> call(ada, token, new Endpoint("[::1]:1", null)))
                .cause()
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining("did not answer");
    }

    @Test
    void anAddressThatNobodyCanCallIsRefusedAndOneOfIpv6IsNot() {
        for (String address : List.of(
                "a_b:80", "-:80", "a b:80", "::1:80", "x/y:80", "u@h:80", "#:80", "h:+80", "h:0", "h:65536", "h",
                ":80")) {
            assertThatThrownBy(() -> new Endpoint(address, null))
                    .as(address)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("host:port");
        }
        assertThat(new Endpoint("[2001:db8::1]:7070", null).address()).isEqualTo("[2001:db8::1]:7070");
    }

    /** Calls whose address gRPC cannot read were thrown back at the caller, which waited for their futures. */
    @Test
    void aChannelThatCannotBeBuiltFailsTheCall() {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        UnaryOperator<NettyChannelBuilder> impossible = builder -> {
            throw new IllegalArgumentException("no such target");
        };
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(ada, authority.verifier(scheduler), token), scheduler, impossible)) {
            assertThatThrownBy(() ->
                            exchange(transport, endpoint, ByteString.EMPTY).join())
                    .cause()
                    .isInstanceOf(UnreachableException.class)
                    .hasMessageContaining("no such target");
        }
    }

    /** Two hundred such calls of a hundred bytes kept 800 MiB of the server's memory. */
    @Test
    void whoeverFetchesNoAnswersIsRefusedMore() throws Exception {
        PeerIdentity eve = PeerIdentity.create();
        AccessToken token = authority.issue(eve, "eve", Set.of(Role.TRAINER), Instant.now());
        ByteString chunk = UnsafeByteOperations.unsafeWrap(new byte[4 << 20]);
        Credentials server = new Credentials(
                serverIdentity,
                authority.verifier(scheduler),
                authority.issue(serverIdentity, "server", Set.of(Role.TRAINER), Instant.now()));
        service.open(
                server,
                (caller, method, request) -> CompletableFuture.completedFuture(
                        StateChunk.newBuilder().setPayload(chunk).build()));
        int fitting = (int) (CallAccounts.MAX_UNFETCHED_BYTES / chunk.size());
        AtomicInteger refused = new AtomicInteger();
        ManagedChannel channel = Negotiation.secure(
                        NettyChannelBuilder.forTarget("dns:///" + endpoint.address()),
                        Tls.client(eve, new Tls.ServerPin(() -> {})))
                .overrideAuthority("starling-peer")
                .flowControlWindow(65_535)
                .build();
        try {
            ClientCalls.blockingUnaryCall(
                    channel,
                    SwarmGrpc.getHelloMethod(),
                    CallOptions.DEFAULT,
                    new Credentials(eve, authority.verifier(scheduler), token).hello());
            for (int i = 0; i < fitting + 10; i++) {
                ClientCall<FetchStateChunkRequest, StateChunk> call =
                        channel.newCall(SwarmGrpc.getFetchStateChunkMethod(), CallOptions.DEFAULT);
                call.start(
                        new ClientCall.Listener<>() {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                                    refused.incrementAndGet();
                                }
                            }
                        },
                        new Metadata());
                call.sendMessage(FetchStateChunkRequest.getDefaultInstance());
                call.halfClose();
            }

            await().untilAsserted(() -> assertThat(refused).hasValueGreaterThanOrEqualTo(9));
            try (GrpcTransport transport = new GrpcTransport(server, scheduler)) {
                assertThat(transport
                                .call(
                                        endpoint,
                                        SwarmGrpc.getFetchStateChunkMethod(),
                                        FetchStateChunkRequest.getDefaultInstance(),
                                        DEADLINE)
                                .join()
                                .getPayload())
                        .isEqualTo(chunk);
            }
        } finally {
            channel.shutdownNow();
        }
    }

    /** Nothing of a stranger's message is read: half of eight mebibytes, many times over, would be kept. */
    @Test
    void aStrangerIsRefusedBeforeItsMessageIsRead() throws Exception {
        ManagedChannel channel = Negotiation.secure(
                        NettyChannelBuilder.forTarget("dns:///" + endpoint.address()),
                        Tls.client(PeerIdentity.create(), new Tls.ServerPin(() -> {})))
                .overrideAuthority("starling-peer")
                .build();
        CompletableFuture<Status> end = new CompletableFuture<>();
        try {
            // the head of a unary call leaves with its message only
            ClientCall<PartRequest, PartReply> call = channel.newCall(
                    SwarmGrpc.getExchangePartMethod().toBuilder()
                            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                            .build(),
                    CallOptions.DEFAULT);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            end.complete(status);
                        }
                    },
                    new Metadata());

            assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void whoeverTakesAnEntryPointsPlaceIsTalkedToFromThenOn() throws Exception {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        Endpoint entryPoint = new Endpoint(endpoint.address(), null);
        try (GrpcTransport transport =
                new GrpcTransport(new Credentials(ada, authority.verifier(scheduler), token), scheduler)) {
            exchange(transport, entryPoint, ByteString.EMPTY).join();
            int port = server.port();
            server.close();
            PeerIdentity successor = PeerIdentity.create();
            SwarmService another = new SwarmService(scheduler);
            another.open(
                    new Credentials(
                            successor,
                            authority.verifier(scheduler),
                            authority.issue(successor, "successor", Set.of(Role.TRAINER), Instant.now())),
                    (caller, method, request) -> CompletableFuture.completedFuture(PartReply.getDefaultInstance()));
            try (SwarmServer there = SwarmServer.start(new InetSocketAddress("127.0.0.1", port), successor, another)) {
                await().ignoreExceptions()
                        .untilAsserted(() -> assertThat(exchange(transport, entryPoint, ByteString.EMPTY)
                                        .join())
                                .isEqualTo(PartReply.getDefaultInstance()));
                assertThat(there.port()).isEqualTo(port);
            }
        }
    }

    /** gRPC calls it a success, and gives no reply. */
    @Test
    void anAnswerWithoutAMessageIsNoAnswer() throws Exception {
        PeerIdentity ada = PeerIdentity.create();
        AccessToken token = authority.issue(ada, "ada", Set.of(Role.TRAINER), Instant.now());
        try (ServerOfNothing nothing = new ServerOfNothing()) {
            Endpoint to = new Endpoint("127.0.0.1:" + nothing.server.getPort(), null);

            assertThatThrownBy(() -> call(ada, token, to))
                    .cause()
                    .isInstanceOf(UnreachableException.class)
                    .hasMessageContaining("answered with nothing");
        }
    }

    /** Says hello as the others do, and ends the exchange of a part with an OK alone. */
    private final class ServerOfNothing implements AutoCloseable {
        final Server server;

        ServerOfNothing() throws IOException {
            ServerServiceDefinition.Builder methods = ServerServiceDefinition.builder(
                    SwarmGrpc.getServiceDescriptor().getName());
            for (ServerMethodDefinition<?, ?> method : service.bindService().getMethods()) {
                boolean silenced = method.getMethodDescriptor()
                        .getFullMethodName()
                        .equals(SwarmGrpc.getExchangePartMethod().getFullMethodName());
                ServerMethodDefinition<?, ?> answered = silenced ? nothing() : method;
                methods.addMethod(answered);
            }
            server = SwarmServer.configure(NettyServerBuilder.forPort(0), serverIdentity, service)
                    .addService(methods.build())
                    .build()
                    .start();
        }

        private ServerMethodDefinition<PartRequest, PartReply> nothing() {
            return ServerMethodDefinition.create(
                    SwarmGrpc.getExchangePartMethod().toBuilder()
                            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                            .build(),
                    ServerCalls.asyncServerStreamingCall((request, response) -> response.onCompleted()));
        }

        @Override
        public void close() {
            server.shutdownNow();
        }
    }
}
