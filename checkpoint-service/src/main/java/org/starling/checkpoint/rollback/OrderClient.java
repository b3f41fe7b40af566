package org.starling.checkpoint.rollback;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.starling.checkpoint.rollback.RollbackRefusedException.Reason;
import org.starling.swarm.http.BoundedHttpClient;
import org.starling.swarm.ledger.StateReference;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the auth service to sign an order, in the name of whoever holds the bearer token. */
public final class OrderClient {
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    private final BoundedHttpClient http = new BoundedHttpClient(MAX_ANSWER_BYTES);
    private final URI orders;
    private final JsonMapper json;

    /**
     * @param authService base address
     * @param run {@code organisation/name}
     */
    public OrderClient(URI authService, String run, JsonMapper json) {
        this.orders = URI.create(authService.toString().replaceAll("/+$", "") + "/api/v1/runs/" + run + "/orders");
        this.json = json;
    }

    /** The signed order as bytes, not yet verified. */
    byte[] orderRollback(StateReference state, String bearer) throws RollbackRefusedException {
        String body = json.writeValueAsString(Map.of(
                "type",
                "rollback",
                "state",
                Map.of(
                        "epoch",
                        state.epoch(),
                        "samples",
                        state.samples(),
                        "digest",
                        state.digest().toString())));
        HttpResponse<byte[]> response = send(HttpRequest.newBuilder(orders)
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + bearer)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, application/problem+json")
                .POST(BodyPublishers.ofString(body))
                .build());
        return switch (response.statusCode()) {
            case 200, 201 -> order(response.body());
            case 401 ->
                throw new RollbackRefusedException(
                        Reason.NOT_AUTHENTICATED,
                        "The auth service does not accept the bearer token" + told(response.body()));
            case 403 ->
                throw new RollbackRefusedException(
                        Reason.NOT_AN_OPERATOR,
                        "Only an operator of the run may order a rollback" + told(response.body()));
            case 502, 503, 504 ->
                throw new RollbackRefusedException(
                        Reason.AUTH_SERVICE_UNAVAILABLE,
                        "The auth service at " + orders.getAuthority() + " answered " + response.statusCode()
                                + told(response.body()) + "; try again when it is up");
            default ->
                throw new RollbackRefusedException(
                        Reason.AUTH_SERVICE_FAILED,
                        "The auth service at " + orders.getAuthority() + " answered " + response.statusCode()
                                + told(response.body()));
        };
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws RollbackRefusedException {
        try {
            return http.send(request);
        } catch (IOException e) {
            throw new RollbackRefusedException(
                    Reason.AUTH_SERVICE_UNAVAILABLE,
                    "The auth service at " + orders.getAuthority()
                            + " cannot be reached; only it can sign the order, so try again when it is up",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RollbackRefusedException(Reason.AUTH_SERVICE_UNAVAILABLE, "This service is stopping", e);
        }
    }

    private byte[] order(byte[] body) throws RollbackRefusedException {
        try {
            return json.readTree(body).required("order").binaryValue();
        } catch (JacksonException e) {
            throw new RollbackRefusedException(
                    Reason.AUTH_SERVICE_FAILED, "The auth service's answer holds no order", e);
        }
    }

    private String told(byte[] body) {
        try {
            JsonNode detail = json.readTree(body).path("detail");
            return detail.isString() ? ": " + detail.asString() : "";
        } catch (JacksonException e) {
            return "";
        }
    }
}
