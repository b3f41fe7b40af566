package org.starling.spring;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.starling.swarm.http.BoundedHttpClient;
import org.starling.swarm.identity.PeerId;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * How a peer gets the credential with which it asks for tokens: by the device authorization grant (RFC 8628), or for a
 * Hugging Face token (RFC 8693). Callable from any thread; each call blocks.
 */
final class LoginClient {
    private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_REPLY_BYTES = 64 << 10;
    private static final String CLIENT = "starling-peer";
    private static final String DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
    private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
    private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
    /** RFC 8628, section 3.2. */
    private static final long DEFAULT_INTERVAL_SECONDS = 5;

    private static final long MAX_INTERVAL_SECONDS = 300;

    private final StarlingProperties properties;
    private final PeerId peer;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_REPLY_BYTES);

    LoginClient(StarlingProperties properties, PeerId peer) {
        this.properties = properties;
        this.peer = peer;
    }

    /** What the auth service answered. */
    sealed interface Answer {
        /** The credential, and whose it is. */
        record LoggedIn(String credential, String account) implements Answer {
            /** Keeps the credential out of logs. */
            @Override
            public String toString() {
                return "LoggedIn[" + account + "]";
            }
        }

        /**
         * Somebody has to enter a code.
         *
         * @param deviceCode for polling
         * @param completePage address with the code in it
         */
        record Codes(
                String deviceCode,
                String userCode,
                String page,
                String completePage,
                Duration lifetime,
                Duration interval)
                implements Answer {
            /** Keeps the device code out of logs. */
            @Override
            public String toString() {
                return "Codes[" + userCode + "]";
            }
        }

        /** An error of OAuth: a code, and a sentence. */
        record Refused(String error, String description) implements Answer {}

        /** No answer, or one that makes no sense now; may be otherwise later. */
        record Unavailable(String reason, boolean nameResolves) implements Answer {}
    }

    /** Asks for codes. */
    Answer begin() throws InterruptedException {
        Map<String, String> form = form();
        form.put("run", properties.run());
        form.put("device_name", deviceName());
        return send("/oauth2/device_authorization", form, LoginClient::codes);
    }

    /** Asks whether somebody has entered the code. */
    Answer poll(String deviceCode) throws InterruptedException {
        Map<String, String> form = form();
        form.put("grant_type", DEVICE_GRANT);
        form.put("device_code", deviceCode);
        return send("/oauth2/token", form, LoginClient::loggedIn);
    }

    /** Shows the Hugging Face token of the configuration. */
    Answer exchangeHubToken() throws InterruptedException {
        Map<String, String> form = form();
        form.put("grant_type", TOKEN_EXCHANGE);
        form.put("subject_token", properties.auth().hubToken());
        form.put("subject_token_type", ACCESS_TOKEN);
        return send("/oauth2/token", form, LoginClient::loggedIn);
    }

    private Map<String, String> form() {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("client_id", CLIENT);
        form.put("peer", peer.toString());
        return form;
    }

    @FunctionalInterface
    private interface Success {
        Answer read(JsonNode body);
    }

    private Answer send(String path, Map<String, String> form, Success success) throws InterruptedException {
        String body = form.entrySet().stream()
                .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        try {
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(URI.create(properties.auth().url() + path))
                            .timeout(REPLY_TIMEOUT)
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .header("Accept", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build());
            return answer(response.statusCode(), new String(response.body(), StandardCharsets.UTF_8), success);
        } catch (IOException e) {
            return new Answer.Unavailable(AuthClient.describe(e), !AuthClient.isUnresolved(e));
        }
    }

    private static Answer answer(int status, String text, Success success) {
        JsonNode body;
        try {
            body = Json.MAPPER.readTree(text);
        } catch (JacksonException notJson) {
            return new Answer.Unavailable("it answers with status " + status + " and not with JSON", true);
        }
        String error = body.path("error").asString("");
        String description = body.path("error_description").asString("");
        if (status == 200) {
            return success.read(body);
        }
        // A problem that is not OAuth's comes from a proxy, or from a service that does not know this way in.
        if (status == 408 || status == 425 || status == 429 || status >= 500 || error.isEmpty()) {
            return new Answer.Unavailable(
                    "it answers with status " + status + (description.isEmpty() ? "" : ": " + description), true);
        }
        return new Answer.Refused(error, description);
    }

    private static Answer loggedIn(JsonNode body) {
        String credential = body.path("access_token").asString("");
        if (credential.isEmpty() || !credential.chars().allMatch(c -> c > ' ' && c < 127)) {
            return new Answer.Unavailable("its answer has no access_token", true);
        }
        return new Answer.LoggedIn(credential, body.path("account").asString("somebody"));
    }

    private static Answer codes(JsonNode body) {
        String deviceCode = body.path("device_code").asString("");
        String userCode = body.path("user_code").asString("");
        String page = body.path("verification_uri").asString("");
        if (deviceCode.isEmpty() || userCode.isEmpty() || page.isEmpty()) {
            return new Answer.Unavailable("its answer has no device_code, user_code or verification_uri", true);
        }
        long interval = body.path("interval").asLong(DEFAULT_INTERVAL_SECONDS);
        return new Answer.Codes(
                deviceCode,
                printable(userCode),
                printable(page),
                printable(body.path("verification_uri_complete").asString(page)),
                Duration.ofSeconds(Math.max(0, body.path("expires_in").asLong(0))),
                Duration.ofSeconds(Math.max(0, Math.min(MAX_INTERVAL_SECONDS, interval))));
    }

    /** It is shown in a terminal. */
    private static String printable(String text) {
        return text.replaceAll("[^\\x21-\\x7e]", "?");
    }

    private static String deviceName() {
        String version = LoginClient.class.getPackage().getImplementationVersion();
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "a machine without a name";
        }
        return "Starling " + (version == null ? "(development)" : version) + " on " + host + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }
}
