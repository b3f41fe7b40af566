package org.starling.swarm.wire;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.Certificates;

/**
 * The connections that others have made to a server, by the thumbprint of the certificate that they have shown. gRPC ends calls and
 * keeps the connection; whoever is banned loses the connection as well. Safe for use by several threads.
 */
final class ServerConnections {
    private static final String THUMBPRINT = "starling.thumbprint";

    /** So long an answer may take to leave. */
    private static final Duration FAREWELL = Duration.ofMillis(200);

    /** So long whoever is known to be banned has from the handshake on to ask what is new, and to learn of the ban. */
    private static final Duration TIME_TO_BE_TOLD = Duration.ofSeconds(1);

    /** Of one certificate: several times as many as a peer makes to another. */
    static final int MAX_OF_EACH = 32;

    /** Of those who are in their time of grace: a certificate is made in no time, a token is not. */
    private static final int MAX_NEWCOMERS = 1024;

    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger newcomers = new AtomicInteger();
    private final Predicate<String> isWelcome;
    private final Duration grace;

    /**
     * @param isWelcome whether somebody with this certificate may stay connected; asked on a network thread
     * @param grace how long whoever connects has to say who they are; after it, who is not welcome is disconnected
     */
    ServerConnections(Predicate<String> isWelcome, Duration grace) {
        this.isWelcome = isWelcome;
        this.grace = grace;
    }

    /** Disconnects those who are not welcome any more. Whoever comes later has the time of grace. */
    void review() {
        open.forEach(channel -> closeUnlessWelcome(channel, Duration.ZERO));
    }

    /** Disconnects somebody who is not welcome and has just been told so. */
    void dismiss(String thumbprint) {
        dismiss(thumbprint, FAREWELL);
    }

    /** Disconnects somebody who was not welcome before, and has come again. */
    void dismissAgain(String thumbprint) {
        dismiss(thumbprint, TIME_TO_BE_TOLD);
    }

    private void dismiss(String thumbprint, Duration delay) {
        open.stream()
                .filter(channel ->
                        thumbprint(channel).filter(thumbprint::equals).isPresent())
                .forEach(channel -> closeUnlessWelcome(channel, delay));
    }

    /** Certificates of those who are connected now. */
    Set<String> thumbprints() {
        return open.stream().flatMap(channel -> thumbprint(channel).stream()).collect(Collectors.toUnmodifiableSet());
    }

    private void closeUnlessWelcome(Channel channel, Duration delay) {
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (thumbprint(channel).filter(isWelcome).isEmpty()) {
                                // from the head, past the handlers that would let calls under way end first
                                ChannelHandlerContext head = channel.pipeline().firstContext();
                                if (head != null) {
                                    head.close();
                                }
                            }
                        },
                        delay.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** Lets a certificate that has just been shown once more have no more connections than a peer needs. */
    void limit(String thumbprint) {
        open.stream()
                .filter(channel ->
                        thumbprint(channel).filter(thumbprint::equals).isPresent())
                .skip(MAX_OF_EACH)
                .forEach(Channel::close);
    }

    private void opened(Channel channel) {
        if (newcomers.incrementAndGet() > MAX_NEWCOMERS) {
            newcomers.decrementAndGet();
            channel.close();
            return;
        }
        open.add(channel);
        AtomicBoolean isNew = new AtomicBoolean(true);
        Runnable settled = () -> {
            if (isNew.getAndSet(false)) {
                newcomers.decrementAndGet();
            }
        };
        channel.eventLoop().schedule(settled, grace.toMillis(), TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> {
            open.remove(channel);
            settled.run();
        });
        closeUnlessWelcome(channel, grace);
    }

    private static Optional<String> thumbprint(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        return tls == null ? Optional.empty() : thumbprint(tls.engine().getSession());
    }

    /**
     * The thumbprint of the other side's certificate, computed once for a session; empty without TLS, without a certificate, and before
     * the handshake is over.
     */
    static Optional<String> thumbprint(@Nullable SSLSession session) {
        if (session == null) {
            return Optional.empty();
        }
        String known = (String) session.getValue(THUMBPRINT);
        if (known != null) {
            return Optional.of(known);
        }
        try {
            String thumbprint = Certificates.thumbprint((X509Certificate) session.getPeerCertificates()[0]);
            session.putValue(THUMBPRINT, thumbprint);
            return Optional.of(thumbprint);
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        }
    }

    /** gRPC's own TLS for servers, which tells this object of each connection. */
    InternalProtocolNegotiator.ProtocolNegotiator negotiator(SslContext tls) {
        return new Negotiator(new Negotiation(InternalProtocolNegotiators.serverTls(tls)));
    }

    private final class Negotiator implements InternalProtocolNegotiator.ProtocolNegotiator {
        private final InternalProtocolNegotiator.ProtocolNegotiator tls;

        Negotiator(InternalProtocolNegotiator.ProtocolNegotiator tls) {
            this.tls = tls;
        }

        @Override
        public AsciiString scheme() {
            return tls.scheme();
        }

        @Override
        public ChannelHandler newHandler(GrpcHttp2ConnectionHandler calls) {
            ChannelHandler negotiation = tls.newHandler(calls);
            return new ChannelInboundHandlerAdapter() {
                @Override
                public void handlerAdded(ChannelHandlerContext context) {
                    opened(context.channel());
                    context.pipeline().replace(this, null, negotiation);
                }
            };
        }

        @Override
        public void close() {
            tls.close();
        }
    }
}
