package org.starling.swarm.wire;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.HelloReply;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Calls over gRPC with mutual TLS. Keeps one connection to each endpoint, or some where one at a time would not fill the line: one
 * more is opened when a message with a tensor would wait for another on all that there are. The least recently used are closed beyond
 * a bound.
 * Callable from any thread. Close it to end its connections.
 */
public final class GrpcTransport implements Transport, AutoCloseable {
    /** State chunks have 4 MiB and some bytes around them. */
    public static final int MAX_MESSAGE_BYTES = 8 << 20;

    private static final int MAX_CHANNELS = 512;

    /** Enough for 1 Gbit/s and 130 ms there and back; what is under way is bounded by those who send. */
    static final int FLOW_CONTROL_WINDOW_BYTES = 16 << 20;

    /** With Netty's 32 and 64 KiB a connection stops and goes on for every four records. */
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(256 << 10, 1 << 20);

    /** What is larger is not kept to be sent again, when the other side has forgotten who this is; whoever called must call again. */
    private static final int MAX_REPEATED_BYTES = 64 << 10;

    private static final Duration HELLO_DEADLINE = Duration.ofSeconds(10);

    private final Credentials credentials;
    private final Scheduler scheduler;
    private final UnaryOperator<NettyChannelBuilder> channels;
    private final int connectionsToEach;
    private final Map<Lane, Connection> connections = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    /** One of the connections to an endpoint; all but tensors go over the first. */
    private record Lane(Endpoint to, int number) {}

    public GrpcTransport(Credentials credentials, Scheduler scheduler) {
        this(credentials, scheduler, UnaryOperator.identity());
    }

    /** @param channels changes how channels are built, for those who measure or shape what they carry */
    public GrpcTransport(Credentials credentials, Scheduler scheduler, UnaryOperator<NettyChannelBuilder> channels) {
        this(credentials, scheduler, channels, 1);
    }

    /**
     * @param channels changes how channels are built
     * @param connectionsToEach to one endpoint at most
     */
    public GrpcTransport(
            Credentials credentials,
            Scheduler scheduler,
            UnaryOperator<NettyChannelBuilder> channels,
            int connectionsToEach) {
        if (connectionsToEach < 1) {
            throw new IllegalArgumentException("No calls can be made over " + connectionsToEach + " connections");
        }
        this.connectionsToEach = connectionsToEach;
        this.credentials = credentials;
        this.scheduler = scheduler;
        this.channels = channels;
        credentials.onReview(this::review);
    }

    @Override
    public <Q extends Message, R extends Message> CompletableFuture<R> call(
            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
        CompletableFuture<R> result = new CompletableFuture<>();
        Connection connection;
        try {
            connection = WireMethods.carriesTensor(method) ? leastBusy(to) : connection(new Lane(to, 0));
        } catch (RuntimeException e) {
            // whoever calls waits for the future and catches nothing
            complete(
                    result,
                    null,
                    e instanceof UnreachableException
                            ? e
                            : new UnreachableException(to + " cannot be called: " + e.getMessage(), e));
            return result;
        }
        connection.callsUnderWay.incrementAndGet();
        result.whenComplete((reply, failure) -> connection.callsUnderWay.decrementAndGet());
        attempt(connection, method, request, deadline, result, true);
        return result;
    }

    private <Q extends Message, R> void attempt(
            Connection connection,
            MethodDescriptor<Q, R> method,
            Q request,
            Duration deadline,
            CompletableFuture<R> result,
            boolean mayRepeatHello) {
        CompletableFuture<Caller> hello = connection.hello();
        boolean small = request.getSerializedSize() <= MAX_REPEATED_BYTES;
        Optional<Q> again = mayRepeatHello && small ? Optional.of(request) : Optional.empty();
        hello.whenComplete((server, failure) -> {
            if (failure != null) {
                complete(result, null, failure);
                return;
            }
            connection.invoke(method, request, deadline, result).whenComplete((reply, problem) -> {
                if (!isNotAuthenticated(problem)) {
                    complete(result, reply, problem);
                    return;
                }
                connection.forgetHello(hello);
                if (again.isPresent()) {
                    attempt(connection, method, again.get(), deadline, result, false);
                } else if (mayRepeatHello) {
                    complete(
                            result,
                            null,
                            new UnreachableException(
                                    connection.to + " does not know this peer any more; it will be told again",
                                    problem));
                } else {
                    complete(result, null, problem);
                }
            });
        });
    }

    private static boolean isNotAuthenticated(@Nullable Throwable problem) {
        return problem instanceof RefusalException refusal
                && refusal.reason() == RefusalException.Reason.NOT_AUTHENTICATED;
    }

    /** Whether one side of a connection has not trusted the key that signed the other's token. */
    private static boolean isUnknownKey(@Nullable Throwable failure) {
        Throwable cause = failure == null ? null : Futures.cause(failure);
        return cause instanceof RefusalException refusal
                ? refusal.reason() == RefusalException.Reason.UNKNOWN_KEY
                : cause instanceof UnreachableException
                        && cause.getCause() instanceof CredentialException shown
                        && shown.reason() == CredentialException.Reason.UNKNOWN_KEY;
    }

    private <R> void complete(CompletableFuture<R> result, @Nullable R reply, @Nullable Throwable failure) {
        scheduler.execute(() -> {
            if (failure == null && reply != null) {
                result.complete(reply);
            } else if (failure != null) {
                result.completeExceptionally(Futures.cause(failure));
            }
        });
    }

    /** The connection with the fewest calls under way; a new one, if all have some and there may be more. */
    private synchronized Connection leastBusy(Endpoint to) {
        Connection least = connection(new Lane(to, 0));
        for (int number = 1; number < connectionsToEach && least.callsUnderWay.get() > 0; number++) {
            Connection other = connection(new Lane(to, number));
            least = other.callsUnderWay.get() < least.callsUnderWay.get() ? other : least;
        }
        return least;
    }

    private synchronized Connection connection(Lane lane) {
        if (closed) {
            throw new UnreachableException("This peer has stopped", null);
        }
        Connection connection = connections.get(lane);
        if (connection == null) {
            if (connections.size() >= MAX_CHANNELS) {
                Iterator<Connection> leastRecentlyUsed = connections.values().iterator();
                leastRecentlyUsed.next().close();
                leastRecentlyUsed.remove();
            }
            connection = new Connection(lane);
            connections.put(lane, connection);
        }
        return connection;
    }

    /** A channel to an address, which may be an IPv6 address in brackets: these are written otherwise in a target. */
    private static NettyChannelBuilder channelTo(String address) {
        try {
            return NettyChannelBuilder.forTarget(new URI("dns", "", "/" + address, null).toString());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Breaks the connections to those that may not take part any more; calls under way fail. */
    private synchronized void review() {
        connections.values().removeIf(connection -> {
            boolean unwelcome = connection
                    .server()
                    .filter(server -> !credentials.verifier().isWelcome(server.token()))
                    .isPresent();
            if (unwelcome) {
                connection.close();
            }
            return unwelcome;
        });
    }

    /** Those who have answered and to whom a connection is open now. */
    public synchronized Set<PeerId> connected() {
        return connections.values().stream()
                .filter(connection -> connection.channel.getState(false) == ConnectivityState.READY)
                .flatMap(connection -> connection.server().stream())
                .map(Caller::peer)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Native code keeps what verifies a connection's certificates until nothing refers to that connection: nor must this. */
    private static Runnable dropping(WeakReference<Connection> connection) {
        return () -> Optional.ofNullable(connection.get()).ifPresent(Connection::drop);
    }

    private synchronized void drop(Connection connection) {
        connections.remove(connection.lane, connection);
        connection.close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        connections.values().forEach(Connection::close);
        connections.clear();
    }

    /** A channel and who answered on it. */
    private final class Connection {
        private final Lane lane;
        private final Endpoint to;
        private final AtomicInteger callsUnderWay = new AtomicInteger();
        /** Where another lives now, the next call begins anew with whoever that is. */
        private final Tls.ServerPin pin = new Tls.ServerPin(dropping(new WeakReference<>(this)));

        private final ManagedChannel channel;
        private volatile @Nullable CompletableFuture<Caller> hello;

        Connection(Lane lane) {
            this.lane = lane;
            this.to = lane.to();
            this.channel = channels.apply(
                            Negotiation.secure(channelTo(to.address()), Tls.client(credentials.identity(), pin))
                                    .overrideAuthority("starling-peer")
                                    .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                                    .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                                    .withOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                                    .keepAliveTime(30, TimeUnit.SECONDS)
                                    .disableRetry()
                                    .directExecutor())
                    .build();
        }

        synchronized CompletableFuture<Caller> hello() {
            CompletableFuture<Caller> last = hello;
            if (last == null || last.isCompletedExceptionally()) {
                last = invoke(
                                SwarmGrpc.getHelloMethod(),
                                credentials.hello(),
                                HELLO_DEADLINE,
                                new CompletableFuture<>())
                        .thenApply(this::admit)
                        .whenComplete((server, failure) -> {
                            if (isUnknownKey(failure)) {
                                credentials.keysDiffer();
                            }
                        });
                hello = last;
            }
            return last;
        }

        /** Who has answered last, if somebody has. */
        Optional<Caller> server() {
            CompletableFuture<Caller> last = hello;
            return last == null || !last.isDone() || last.isCompletedExceptionally()
                    ? Optional.empty()
                    : Optional.of(last.join());
        }

        synchronized void forgetHello(CompletableFuture<Caller> stale) {
            if (hello == stale) {
                hello = null;
            }
        }

        private Caller admit(HelloReply reply) {
            Caller server;
            try {
                server = credentials.admit(
                        credentials.verifier().verify(reply.getAccessToken()),
                        reply.getPublicKey().toByteArray(),
                        pin.require());
            } catch (CredentialException e) {
                drop();
                throw new UnreachableException(
                        "The peer at " + to.address() + " showed no valid token: " + e.getMessage(), e);
            }
            if (to.peer() != null && !to.peer().equals(server.peer())) {
                drop();
                throw new UnreachableException(
                        "At " + to.address() + " answers " + server + " instead of "
                                + to.peer().abbreviated(),
                        null);
            }
            return server;
        }

        /** Completes on a network thread. */
        <Q, R> CompletableFuture<R> invoke(
                MethodDescriptor<Q, R> method, Q request, Duration deadline, CompletableFuture<?> cancellation) {
            CompletableFuture<R> reply = new CompletableFuture<>();
            ClientCall<Q, R> call = channel.newCall(
                    WireMethods.of(method),
                    CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
            cancellation.whenComplete((value, failure) -> {
                if (cancellation.isCancelled()) {
                    call.cancel("No longer wanted", null);
                }
            });
            ClientCalls.asyncUnaryCall(call, request, new StreamObserver<>() {
                @Override
                public void onNext(R message) {
                    reply.complete(message);
                }

                @Override
                public void onError(Throwable failure) {
                    reply.completeExceptionally(Refusals.ofStatus(
                            to,
                            failure instanceof StatusRuntimeException status
                                    ? status
                                    : new StatusRuntimeException(Status.fromThrowable(failure), new Metadata())));
                }

                @Override
                public void onCompleted() {
                    // gRPC takes an end without a reply for a success; after one this is without effect
                    reply.completeExceptionally(new UnreachableException(to + " answered with nothing", null));
                }
            });
            return reply;
        }

        void drop() {
            GrpcTransport.this.drop(this);
        }

        void close() {
            channel.shutdownNow();
        }
    }
}
