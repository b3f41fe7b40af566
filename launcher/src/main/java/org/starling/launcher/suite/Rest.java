package org.starling.launcher.suite;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The services' REST interfaces. Thread-safe; every call blocks for a bounded time. */
public final class Rest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    private Rest() {}

    /**
     * An answer.
     *
     * @param status HTTP status
     * @param body the answer as JSON; a missing node if it is not JSON
     */
    public record Answer(int status, JsonNode body) {
        /** @throws IOException when the status is an error; with the service's own words */
        public JsonNode orThrow() throws IOException {
            if (status >= 400) {
                String detail = body.path("detail").asString(body.path("title").asString(""));
                throw new IOException("status " + status + (detail.isEmpty() ? "" : ": " + detail));
            }
            return body;
        }
    }

    public static Answer get(URI address) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address).GET(), null);
    }

    /** @param token bearer token */
    public static Answer get(URI address, String token) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address).GET(), token);
    }

    /**
     * Sends an object as JSON.
     *
     * @param token bearer token
     */
    public static Answer post(URI address, String token, Object body) throws IOException, InterruptedException {
        return send(
                HttpRequest.newBuilder(address)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(Json.MAPPER.writeValueAsString(body))),
                token);
    }

    private static Answer send(HttpRequest.Builder request, @Nullable String token)
            throws IOException, InterruptedException {
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> response = HTTP.send(
                request.header("Accept", "application/json, application/problem+json")
                        .timeout(TIMEOUT)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return new Answer(response.statusCode(), parse(response.body()));
    }

    private static JsonNode parse(String body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (JacksonException e) {
            return Json.MAPPER.missingNode();
        }
    }
}
