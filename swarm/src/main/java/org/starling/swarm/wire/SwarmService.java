package org.starling.swarm.wire;

import com.google.protobuf.Message;
import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.wire.proto.HelloReply;
import org.starling.swarm.wire.proto.HelloRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The swarm's gRPC service: authenticates callers and hands their calls to a {@link RequestHandler}. Add it to a server that
 * {@link SwarmServer#configure} has set up; without TLS every call is refused. Whoever connects and shows no valid token in a few
 * seconds is disconnected, and whoever is banned at once.
 */
public final class SwarmService implements BindableService {
    private static final Logger log = LoggerFactory.getLogger(SwarmService.class);
    private static final Context.Key<String> THUMBPRINT = Context.key("certificate-thumbprint");
    /** Before the thumbprint of whoever says hello: that has an account of its own, lest it wait for other calls. */
    private static final String HELLO = "hello ";

    private static final Context.Key<CallAccounts.Call> CALL = Context.key("call");

    /** Long enough for a handshake, a hello and a call over a slow line; the banned learn in it that they are. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final InstantSource clock;
    private final SparingLog refused;
    private final ServerConnections connections;
    private final CallAccounts accounts = new CallAccounts();
    private volatile @Nullable Admission admission;

    private record Admission(Credentials credentials, RequestHandler handler) {}

    /** A service that refuses every call until it is opened. */
    public SwarmService(InstantSource clock) {
        this(clock, GRACE);
    }

    SwarmService(InstantSource clock, Duration grace) {
        this.clock = clock;
        this.refused = new SparingLog(log::info, clock);
        this.connections = new ServerConnections(this::isWelcome, grace);
    }

    /** From now on calls are answered. */
    public void open(Credentials credentials, RequestHandler handler) {
        admission = new Admission(credentials, handler);
        credentials.onReview(connections::review);
    }

    /** Accepts connections with this peer's certificate, and keeps those of peers that may take part. */
    InternalProtocolNegotiator.ProtocolNegotiator negotiator(PeerIdentity identity) {
        return connections.negotiator(Tls.server(identity));
    }

    /** Sees who has connected before the first call: those who are known to be banned have no time of grace. */
    ServerTransportFilter doorkeeper() {
        return new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes transport) {
                ServerConnections.thumbprint(transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION))
                        .ifPresent(thumbprint -> {
                            connections.limit(thumbprint);
                            if (isShutOut(thumbprint)) {
                                connections.dismissAgain(thumbprint);
                            }
                        });
                return transport;
            }
        };
    }

    /** Whether the owner of this certificate is known, and banned. Whoever is not known may still say hello. */
    private boolean isShutOut(String certificateThumbprint) {
        Admission open = admission;
        return open != null
                && open.credentials()
                        .find(certificateThumbprint, clock.instant())
                        .filter(caller -> !open.credentials().verifier().isWelcome(caller.token()))
                        .isPresent();
    }

    private boolean isWelcome(String certificateThumbprint) {
        Admission open = admission;
        return open != null && open.credentials().isWelcome(certificateThumbprint, clock.instant());
    }

    /** Those who are connected now and have shown a token. */
    public Set<PeerId> connected() {
        Admission open = admission;
        return open == null
                ? Set.of()
                : connections.thumbprints().stream()
                        .flatMap(thumbprint -> open.credentials().find(thumbprint, clock.instant()).stream())
                        .map(Caller::peer)
                        .collect(Collectors.toUnmodifiableSet());
    }

    private Admission requireOpen() {
        Admission open = admission;
        if (open == null) {
            throw new RefusalException(
                    RefusalException.Reason.BUSY, "This peer has not joined the run itself yet; try again soon");
        }
        return open;
    }

    private Caller requireCaller(Admission open, String thumbprint) {
        return open.credentials()
                .find(thumbprint, clock.instant())
                .orElseThrow(() -> new RefusalException(
                        RefusalException.Reason.NOT_AUTHENTICATED, "Say hello with a valid token first"));
    }

    @Override
    public ServerServiceDefinition bindService() {
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(WireMethods.service());
        service.addMethod(WireMethods.of(SwarmGrpc.getHelloMethod()), ServerCalls.asyncUnaryCall(this::hello));
        for (MethodDescriptor<?, ?> method : SwarmGrpc.getServiceDescriptor().getMethods()) {
            if (!method.equals(SwarmGrpc.getHelloMethod())) {
                add(service, method);
            }
        }
        return ServerInterceptors.intercept(service.build(), new CertificateInterceptor());
    }

    private <Q, R> void add(ServerServiceDefinition.Builder service, MethodDescriptor<Q, R> method) {
        service.addMethod(
                WireMethods.of(method),
                ServerCalls.asyncUnaryCall((request, response) -> handle(method, request, response)));
    }

    private void hello(HelloRequest request, StreamObserver<HelloReply> response) {
        try {
            Credentials credentials = requireOpen().credentials();
            // what the banned may ask for is the handler's business
            Caller caller = credentials.admit(
                    credentials.verifier().authenticate(request.getAccessToken()),
                    request.getPublicKey().toByteArray(),
                    THUMBPRINT.get());
            log.debug("{} says hello", caller);
            response.onNext(credentials.helloReply());
            response.onCompleted();
        } catch (CredentialException e) {
            refused.info("Refused a peer: " + e.reason() + ": " + e.getMessage());
            response.onError(Refusals.toStatus(Refusals.of(e)));
        } catch (RefusalException e) {
            response.onError(Refusals.toStatus(e));
        }
    }

    @SuppressWarnings("unchecked")
    private <Q, R> void handle(MethodDescriptor<Q, R> method, Q request, StreamObserver<R> response) {
        CompletableFuture<? extends Message> reply;
        String thumbprint = THUMBPRINT.get();
        CallAccounts.Call call = CALL.get();
        try {
            Admission open = requireOpen();
            reply = open.handler().handle(requireCaller(open, thumbprint), method, (Message) request);
        } catch (RuntimeException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        reply.whenComplete((message, failure) -> {
            if (failure == null && call.mayAnswer(message.getSerializedSize())) {
                response.onNext((R) message);
                response.onCompleted();
            } else if (failure == null) {
                response.onError(Refusals.toStatus(new RefusalException(
                        RefusalException.Reason.BUSY,
                        "This caller has not fetched the answers that it has asked for")));
            } else {
                response.onError(statusOf(method, failure));
            }
            if (isShutOut(thumbprint)) {
                connections.dismiss(thumbprint);
            }
        });
    }

    private static StatusRuntimeException statusOf(MethodDescriptor<?, ?> method, Throwable failure) {
        Throwable cause = Futures.cause(failure);
        if (cause instanceof RefusalException refusal) {
            return Refusals.toStatus(refusal);
        }
        log.error("{} failed; this is a defect, please report it", method.getFullMethodName(), cause);
        return Status.INTERNAL.withDescription("The peer failed to answer").asRuntimeException();
    }

    /**
     * Puts the thumbprint of the connection's client certificate into the context of each call, and keeps account of it. A call that
     * may not be made is refused before its message is read.
     */
    private final class CertificateInterceptor implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            CallAccounts.Call account;
            String thumbprint;
            try {
                thumbprint = ServerConnections.thumbprint(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION))
                        .orElseThrow(() -> new RefusalException(
                                RefusalException.Reason.NOT_AUTHENTICATED,
                                "Connect with mutual TLS and a peer's certificate"));
                account = begin(thumbprint, call.getMethodDescriptor());
            } catch (RefusalException e) {
                StatusRuntimeException refusal = Refusals.toStatus(e);
                call.close(
                        refusal.getStatus(),
                        Optional.ofNullable(refusal.getTrailers()).orElseGet(Metadata::new));
                return new ServerCall.Listener<>() {};
            }
            Context context =
                    Context.current().withValue(THUMBPRINT, thumbprint).withValue(CALL, account);
            return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(
                    Contexts.interceptCall(context, call, headers, next)) {
                @Override
                public void onCancel() {
                    account.end();
                    super.onCancel();
                }

                @Override
                public void onComplete() {
                    account.end();
                    super.onComplete();
                }
            };
        }

        private CallAccounts.Call begin(String thumbprint, MethodDescriptor<?, ?> method) {
            if (method.getFullMethodName().equals(SwarmGrpc.getHelloMethod().getFullMethodName())) {
                return accounts.begin(HELLO + thumbprint, CallAccounts.MAX_CALLS_OF_STRANGERS);
            }
            requireCaller(requireOpen(), thumbprint);
            return accounts.begin(thumbprint, CallAccounts.MAX_CALLS);
        }
    }
}
