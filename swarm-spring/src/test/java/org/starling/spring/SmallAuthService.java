package org.starling.spring;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real HTTP server with real signatures that gives one prepared answer after the other, the last one for ever. */
public final class SmallAuthService implements AutoCloseable {
    public static final String RUN = "starling/test";
    static final String ISSUER = "https://auth.example.org";

    private final HttpServer server;
    private volatile AuthorityKey key = AuthorityKey.create();
    private final List<Reply> replies = new ArrayList<>();
    private final List<String> orders = new CopyOnWriteArrayList<>();
    private final AtomicInteger ordersFail = new AtomicInteger();
    private final AtomicInteger orderQuestions = new AtomicInteger();

    /** Bearer tokens of those who asked for tokens. */
    public final List<String> authorizations = new CopyOnWriteArrayList<>();
    /** Forms of those who logged in. */
    public final List<String> logins = new CopyOnWriteArrayList<>();

    private volatile @Nullable Long ordersUntil;

    private final List<Prepared> loginReplies = new ArrayList<>();

    private interface Reply {
        Prepared to(JsonNode request) throws Exception;
    }

    private record Prepared(int status, String body) {}

    public SmallAuthService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/runs/" + RUN + "/tokens", exchange -> {
            authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
            Prepared prepared;
            try {
                JsonNode request = new JsonMapper().readTree(exchange.getRequestBody());
                Reply reply = replies.size() > 1 ? replies.remove(0) : replies.get(0);
                prepared = reply.to(request);
            } catch (Exception e) {
                prepared = new Prepared(400, "{\"detail\": \"" + e + "\"}");
            }
            send(exchange, prepared);
        });
        server.createContext("/oauth2/device_authorization", exchange -> {
            logins.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            send(exchange, new Prepared(200, """
                    {"device_code": "device-code-%d", "user_code": "BCDF-GHJK",
                     "verification_uri": "https://auth.example.org/device", "expires_in": 900, "interval": 0}""".formatted(logins.size())));
        });
        server.createContext("/oauth2/token", exchange -> {
            logins.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            send(
                    exchange,
                    loginReplies.isEmpty()
                            ? new Prepared(
                                    200,
                                    "{\"access_token\": \"credential-" + logins.size() + "\", \"account\": \"ada\"}")
                            : loginReplies.remove(0));
        });
        server.createContext("/api/v1/runs/" + RUN + "/orders", exchange -> {
            orderQuestions.incrementAndGet();
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            if (query.contains("limit=")) {
                send(exchange, new Prepared(200, part(query)));
                return;
            }
            boolean fails = ordersFail.getAndUpdate(count -> Math.max(0, count - 1)) > 0;
            send(exchange, new Prepared(fails ? 503 : 200, fails ? "" : "[" + String.join(",", orders) + "]"));
        });
        server.start();
    }

    /** Two orders after the one that the query names. */
    private String part(String query) {
        int after = Integer.parseInt(query.replaceAll("after=(\\d+)&.*", "$1"));
        return orders.stream().skip(after).limit(2).toList().toString();
    }

    private static void send(HttpExchange exchange, Prepared prepared) throws IOException {
        byte[] body = prepared.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(prepared.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** The next answer to a login or a poll; when there is none left, a credential. */
    public SmallAuthService thenLogin(int status, String body) {
        loginReplies.add(new Prepared(status, body));
        return this;
    }

    public SmallAuthService thenLoginError(String error) {
        return thenLogin(400, "{\"error\": \"" + error + "\", \"error_description\": \"told by the service\"}");
    }

    /** Gives an order, which everybody may ask for from now on. */
    void order(Order order) {
        tell(order, signed(order));
    }

    /** Tells those who get a token that there are orders after this number. */
    void tellOrdersAfter(long number) {
        ordersUntil = number;
    }

    /** Tells an order that somebody else has signed. */
    void forgeOrder(Order order) {
        tell(order, SignedOrder.sign(order, AuthorityKey.create()));
    }

    SignedOrder signed(Order order) {
        return SignedOrder.sign(order, key);
    }

    private void tell(Order order, SignedOrder signed) {
        orders.add("{\"number\": %d, \"order\": \"%s\"}"
                .formatted(order.number(), Base64.getEncoder().encodeToString(signed.toBytes())));
    }

    /** Signs with a new key from now on. The old one, which is not told to newcomers any more. */
    AuthorityKey rotate() {
        AuthorityKey old = key;
        key = AuthorityKey.create();
        return old;
    }

    /** The key that signs, as peers learn it. */
    String publicJwk() {
        return key.publicJwk();
    }

    /** Has so many questions for orders fail. */
    void failOrders(int count) {
        ordersFail.set(count);
    }

    /** How often somebody asked for orders. */
    int orderQuestions() {
        return orderQuestions.get();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public SmallAuthService then(int status, String body) {
        replies.add(request -> new Prepared(status, body));
        return this;
    }

    /** Forgets the answer that came last so far and would come for ever. */
    public SmallAuthService skip() {
        replies.remove(0);
        return this;
    }

    public SmallAuthService thenGrant() {
        return thenGrant("\"task\": \"toy\", \"targetBatchSize\": 64", Duration.ofHours(1));
    }

    /** Verifies the proof as the real service does, and signs a token. */
    public SmallAuthService thenGrant(String runSettings, Duration life) {
        replies.add(request -> {
            Base64.Decoder base64 = Base64.getDecoder();
            byte[] publicKey = base64.decode(request.get("ed25519PublicKey").stringValue());
            X509Certificate certificate =
                    Certificates.parse(base64.decode(request.get("certificate").stringValue()));
            JsonNode proof = request.get("proof");
            new PeerProof(
                            Instant.ofEpochMilli(proof.get("timeMillis").longValue()),
                            base64.decode(proof.get("nonce").stringValue()),
                            base64.decode(proof.get("signature").stringValue()))
                    .verify(publicKey, certificate, RUN, Instant.now());
            Set<Role> roles = new java.util.HashSet<>();
            request.get("roles").forEach(role -> roles.add(Role.ofClaim(role.stringValue())));
            Instant now = Instant.now();
            String token = key.issueToken(
                            ISSUER,
                            RUN,
                            "42",
                            "ada",
                            roles,
                            PeerId.ofPublicKey(publicKey),
                            Certificates.thumbprint(certificate),
                            now,
                            now.plus(life))
                    .compact();
            return new Prepared(200, """
                    {"token": "%s", "issuer": "%s", "jwks": %s, "run": {"run": "%s", %s},
                     "entryPoints": ["127.0.0.1:7070", "nonsense"], "orders": [], "ordersUntil": %s}""".formatted(
                            token, ISSUER, AuthorityKey.toJwks(List.of(key)), RUN, runSettings, ordersUntil));
        });
        return this;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
