package org.starling.swarm.wire;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.PeerIdentity;

/**
 * TLS contexts for self-signed peers. The handshake proves only that the other side holds the key of its certificate;
 * whose certificate it is says the token, whose thumbprint must match.
 */
public final class Tls {
    private static final Logger log = LoggerFactory.getLogger(Tls.class);
    private static final SslProvider PROVIDER = chooseProvider();

    private Tls() {}

    private static SslProvider chooseProvider() {
        if (OpenSsl.isAvailable()) {
            log.debug("TLS with {}", OpenSsl.versionString());
            return SslProvider.OPENSSL;
        }
        log.warn(
                "There is no native TLS for this machine, so that the Java platform's is used, which is slower: {}",
                String.valueOf(OpenSsl.unavailabilityCause()));
        return SslProvider.JDK;
    }

    /** Whether encryption is done by native code, which is faster than the Java platform's. */
    public static boolean isNative() {
        return PROVIDER != SslProvider.JDK;
    }

    /** For a server that demands a certificate of every client. */
    public static SslContext server(PeerIdentity identity) {
        try {
            return GrpcSslContexts.configure(
                            SslContextBuilder.forServer(identity.tlsKey(), identity.certificate()), PROVIDER)
                    .trustManager(new SelfSigned(thumbprint -> {}))
                    .clientAuth(ClientAuth.REQUIRE)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("Cannot set up TLS", e);
        }
    }

    static SslContext client(PeerIdentity identity, ServerPin pin) {
        try {
            return GrpcSslContexts.configure(
                            SslContextBuilder.forClient().keyManager(identity.tlsKey(), identity.certificate()),
                            PROVIDER)
                    .trustManager(new SelfSigned(pin))
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("Cannot set up TLS", e);
        }
    }

    /** Remembers the certificate of the first handshake of a channel; every later one must show the same. */
    static final class ServerPin implements Consumer<String> {
        private final Runnable onAnother;
        private final AtomicReference<@Nullable String> thumbprint = new AtomicReference<>();

        /** @param onAnother told when another is shown, on a network thread */
        ServerPin(Runnable onAnother) {
            this.onAnother = onAnother;
        }

        @Override
        public void accept(String shown) {
            if (!thumbprint.compareAndSet(null, shown) && !shown.equals(thumbprint.get())) {
                onAnother.run();
                throw new IllegalArgumentException("Another peer answers at this address now");
            }
        }

        String require() {
            String pinned = thumbprint.get();
            if (pinned == null) {
                throw new IllegalStateException("No handshake yet");
            }
            return pinned;
        }
    }

    /**
     * Accepts a well-formed self-signed certificate within its validity, and reports its thumbprint. Extended, so that
     * nobody compares host names on its behalf: peers are named by their keys.
     */
    private static final class SelfSigned extends X509ExtendedTrustManager {
        private final Consumer<String> onCertificate;

        SelfSigned(Consumer<String> onCertificate) {
            this.onCertificate = onCertificate;
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            if (chain.length != 1) {
                throw new CertificateException("Expected one self-signed certificate, got " + chain.length);
            }
            chain[0].checkValidity();
            try {
                chain[0].verify(chain[0].getPublicKey());
                onCertificate.accept(Certificates.thumbprint(chain[0]));
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new CertificateException("Not the self-signed certificate of the expected peer", e);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
