package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.orders.CurrentAuthority;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Who may not take part any more loses the connection itself, not only the calls on it. */
class DisconnectionTest {
    private static final String RUN = "test/run";
    /** A frame of HTTP/2 (RFC 9113, sections 4.1 and 6.5). */
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final TestAuthority authority = new TestAuthority(RUN);
    private final ThreadScheduler scheduler = new ThreadScheduler(2);
    private final Someone here = new Someone("here");
    private final Someone ada = new Someone("ada");
    private final Someone eve = new Someone("eve");
    private final CompletableFuture<Message> neverAnswered = new CompletableFuture<>();
    private SwarmService service;
    private SwarmServer server;

    /** A peer's half of the wire. */
    private final class Someone implements AutoCloseable {
        final PeerIdentity identity = PeerIdentity.create();
        final CurrentAuthority trusted = new CurrentAuthority(authority.trusted());
        final TokenVerifier verifier = new TokenVerifier(trusted, RUN, scheduler);
        final Credentials credentials;
        final GrpcTransport transport;

        Someone(String account) {
            credentials = new Credentials(
                    identity, verifier, authority.issue(identity, account, Set.of(Role.TRAINER), Instant.now()));
            transport = new GrpcTransport(credentials, scheduler);
        }

        void ban(Someone other) {
            verifier.refuse(token -> token.peer().equals(other.identity.id()) ? Optional.of("spam") : Optional.empty());
            credentials.review();
        }

        CompletableFuture<Gallery> call() {
            return transport.call(
                    new Endpoint("127.0.0.1:" + server.port(), null),
                    SwarmGrpc.getFetchGalleryMethod(),
                    org.starling.swarm.wire.proto.FetchGalleryRequest.getDefaultInstance(),
                    DEADLINE);
        }

        /** A connection of which nobody says anything, with this peer's certificate. */
        Socket connect() throws Exception {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            keys.setKeyEntry("peer", identity.tlsKey(), new char[0], new Certificate[] {identity.certificate()});
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, new char[0]);
            SSLContext tls = SSLContext.getInstance("TLSv1.3");
            tls.init(managers.getKeyManagers(), new TrustManager[] {new Anybody()}, null);
            SSLSocket socket =
                    (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port());
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
            socket.startHandshake();
            return socket;
        }

        @Override
        public void close() {
            transport.close();
        }
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Reads until the other side closes; fails if it does not. */
    private static void awaitEnd(Socket socket) throws IOException {
        try {
            while (socket.getInputStream().read() >= 0) {
                // settings and pings of HTTP/2
            }
        } catch (SocketException reset) {
            assertThat(reset).isNotInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @BeforeEach
    void startServer() throws Exception {
        start(Duration.ofMinutes(1));
    }

    private void start(Duration grace) throws Exception {
        if (server != null) {
            server.close();
        }
        service = new SwarmService(scheduler, grace);
        service.open(
                here.credentials,
                (caller, method, request) -> caller.token().accountName().equals("eve")
                        ? neverAnswered
                        : CompletableFuture.completedFuture(Gallery.getDefaultInstance()));
        server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), here.identity, service);
    }

    @AfterEach
    void stop() {
        ada.close();
        eve.close();
        here.close();
        server.close();
        scheduler.close();
    }

    @Test
    void theConnectionsOfTheBannedEndAtOnceAndThoseOfOthersStay() throws Exception {
        ada.call().join();
        CompletableFuture<Gallery> underWay = eve.call();
        await().until(() -> service.connected().equals(Set.of(ada.identity.id(), eve.identity.id())));
        Socket silent = eve.connect();

        here.ban(eve);

        awaitEnd(silent);
        await().until(() -> service.connected().equals(Set.of(ada.identity.id())));
        assertThatThrownBy(underWay::join).hasCauseInstanceOf(UnreachableException.class);
        assertThat(ada.transport.connected()).containsExactly(here.identity.id());
        ada.call().join();
    }

    @Test
    void whoIsBannedAndComesAgainIsDisconnectedAgain() throws Exception {
        start(Duration.ofSeconds(1));
        here.ban(eve);

        CompletableFuture<Gallery> told = eve.call();

        assertThatThrownBy(told::join).hasCauseInstanceOf(UnreachableException.class);
        awaitEnd(eve.connect());
        await().until(() -> service.connected().isEmpty());
    }

    @Test
    void whoIsKnownToBeBannedHasNoTimeOfGrace() throws Exception {
        start(Duration.ofMinutes(10));
        CompletableFuture<Gallery> underWay = eve.call();
        await().until(() -> service.connected().equals(Set.of(eve.identity.id())));
        here.ban(eve);
        assertThatThrownBy(underWay::join).hasCauseInstanceOf(UnreachableException.class);

        Socket again = eve.connect();
        again.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        again.getOutputStream().write(EMPTY_SETTINGS);

        awaitEnd(again);
    }

    @Test
    void whoShowsNoTokenIsDisconnected() throws Exception {
        start(Duration.ofSeconds(1));
        try (Someone nobody = new Someone("nobody")) {
            awaitEnd(nobody.connect());
        }
    }

    @Test
    void aConnectionToSomebodyWhoIsBannedEndsFromThisSide() {
        ada.call().join();
        assertThat(ada.transport.connected()).containsExactly(here.identity.id());

        ada.ban(here);

        assertThat(ada.transport.connected()).isEmpty();
        await().until(() -> service.connected().isEmpty());
        assertThatThrownBy(() -> ada.call().join())
                .hasCauseInstanceOf(UnreachableException.class)
                .hasMessageContaining("is banned: spam");
        await().until(() -> service.connected().isEmpty());
    }

    @Test
    void whoWasAdmittedWithATokenOfARevokedKeyIsNotAnyMore() {
        ada.call().join();
        String revoked = authority.key().keyId();
        authority.rotate();
        here.trusted.replace(here.trusted.get().with(authority.key().publicJwk()));
        ada.call().join();
        AtomicInteger doubts = new AtomicInteger();
        ada.credentials.onKeysDiffer(doubts::incrementAndGet);

        here.trusted.replace(here.trusted.get().without(revoked));
        here.credentials.review();

        await().until(() -> service.connected().isEmpty());
        assertThatThrownBy(() -> ada.call().join())
                .cause()
                .isInstanceOfSatisfying(
                        RefusalException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(RefusalException.Reason.UNKNOWN_KEY));
        assertThat(doubts).as("doubts of a peer that is refused").hasValue(1);
        here.credentials.renew(authority.issue(here.identity, "here", Set.of(Role.TRAINER), Instant.now()));
        ada.credentials.renew(authority.issue(ada.identity, "ada", Set.of(Role.TRAINER), Instant.now()));
        assertThatThrownBy(() -> ada.call().join()).hasCauseInstanceOf(UnreachableException.class);
        assertThat(doubts)
                .as("doubts of a peer that is shown a key of which it has not heard")
                .hasValue(2);
        ada.trusted.replace(here.trusted.get());
        ada.call().join();
        assertThat(service.connected()).containsExactly(ada.identity.id());
    }
}
