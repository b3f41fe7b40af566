package org.starling.spring;

import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.starling.swarm.http.BoundedHttpClient;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks the auth service for access tokens. Callable from any thread; each call blocks. */
final class AuthClient {
    private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(20);
    /** Titles of problems that tell a moderator's decision. */
    private static final Set<String> BY_A_PERSON = Set.of("Refused", "Banned");

    private static final int MAX_REPLY_BYTES = 4 << 20;
    private static final int ORDERS_AT_ONCE = 500;

    private final StarlingProperties properties;
    private final PeerIdentity identity;
    private final Set<Role> roles;
    private final InstantSource clock;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_REPLY_BYTES);

    AuthClient(StarlingProperties properties, PeerIdentity identity, Set<Role> roles, InstantSource clock) {
        this.properties = properties;
        this.identity = identity;
        this.roles = roles;
        this.clock = clock;
    }

    /** What the auth service answered. */
    sealed interface Answer {
        /** Come in. */
        record Granted(TokenReply reply) implements Answer {}

        /** A moderator has not decided yet; ask again. */
        record Pending(String since) implements Answer {}

        /** The owner has to log in at the hub before; ask again. */
        record Unconfirmed(String message) implements Answer {}

        /**
         * No, and asking again will not help.
         *
         * @param byAPerson whether a moderator said so, and not a check
         */
        record Refused(int status, boolean byAPerson, String reason) implements Answer {}

        /** No answer, or one that makes no sense now; may be otherwise later. */
        record Unavailable(String reason, boolean nameResolves) implements Answer {}
    }

    /**
     * Asks for a token. Fails only if interrupted.
     *
     * @param credential what the peer got when its owner logged in
     */
    Answer requestToken(String credential) throws InterruptedException {
        try {
            HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(
                            URI.create(properties.auth().url() + "/api/v1/runs/" + properties.run() + "/tokens"))
                    .timeout(REPLY_TIMEOUT)
                    .header("Authorization", "Bearer " + credential)
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, application/problem+json")
                    .POST(HttpRequest.BodyPublishers.ofString(requestBody()))
                    .build());
            Answer answer = answer(response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
            return answer instanceof Answer.Granted granted
                    ? new Answer.Granted(withAllOrders(granted.reply()))
                    : answer;
        } catch (IOException e) {
            return new Answer.Unavailable(describe(e), !isUnresolved(e));
        }
    }

    /** Orders come in parts: a run that has banned thousands must not be one that nobody can join. */
    private TokenReply withAllOrders(TokenReply reply) throws IOException, InterruptedException {
        List<String> orders = new ArrayList<>(reply.orders());
        for (Long until = reply.ordersUntil(); until != null; ) {
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(URI.create(properties.auth().url() + "/api/v1/runs/" + properties.run()
                                    + "/orders?after=" + until + "&limit=" + ORDERS_AT_ONCE))
                            .timeout(REPLY_TIMEOUT)
                            .header("Accept", "application/json")
                            .build());
            if (response.statusCode() != 200) {
                throw new IOException("it tells its orders with status " + response.statusCode());
            }
            long before = until;
            until = null;
            try {
                for (JsonNode each : Json.MAPPER.readTree(response.body())) {
                    orders.add(each.path("order").asString(""));
                    until = each.path("number").asLong(0);
                }
            } catch (JacksonException e) {
                throw new IOException("it tells its orders not in JSON", e);
            }
            if (until != null && until <= before) {
                throw new IOException("it tells orders again that it has told");
            }
        }
        return reply.withOrders(orders);
    }

    private static Answer answer(int status, String body) {
        if (status == 200) {
            try {
                return new Answer.Granted(Json.read(body, TokenReply.class));
            } catch (IllegalArgumentException e) {
                return new Answer.Refused(status, false, "its answer cannot be used: " + e.getMessage());
            }
        }
        if (status == 202 && text(body, "state", "").equals("unconfirmed")) {
            return new Answer.Unconfirmed(text(body, "message", "log in at the auth service again"));
        }
        if (status == 202) {
            return new Answer.Pending(text(body, "since", "now"));
        }
        String detail = text(body, "detail", text(body, "title", "HTTP status " + status));
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            return new Answer.Unavailable("it answers with status " + status + ": " + detail, true);
        }
        return new Answer.Refused(status, BY_A_PERSON.contains(text(body, "title", "")), detail);
    }

    private static String text(String json, String field, String otherwise) {
        try {
            JsonNode value = Json.MAPPER.readTree(json).get(field);
            return value == null || !value.isString() || value.stringValue().isBlank()
                    ? otherwise
                    : value.stringValue();
        } catch (JacksonException notJson) {
            return otherwise;
        }
    }

    private String requestBody() {
        Base64.Encoder base64 = Base64.getEncoder();
        PeerProof proof = PeerProof.create(identity, properties.run(), clock.instant());
        ObjectNode request = Json.MAPPER.createObjectNode();
        request.put("ed25519PublicKey", base64.encodeToString(identity.publicKey()));
        try {
            request.put(
                    "certificate", base64.encodeToString(identity.certificate().getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("An identity's certificate has an encoding", e);
        }
        roles.forEach(role -> request.withArray("roles").add(role.claim()));
        request.putObject("proof")
                .put("timeMillis", proof.time().toEpochMilli())
                .put("nonce", base64.encodeToString(proof.nonce()))
                .put("signature", base64.encodeToString(proof.signature()));
        return request.toString();
    }

    static String describe(IOException failure) {
        if (isUnresolved(failure)) {
            return "its host name does not resolve to an address";
        }
        String message = failure.getMessage();
        return failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    static boolean isUnresolved(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }
}
