package org.starling.spring;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.run.RunConfiguration;
import tools.jackson.databind.JsonNode;

/**
 * What the auth service gives to a peer that may take part. It may say more than this version reads, except in the run's
 * configuration.
 *
 * @param token the signed access token, compact
 * @param issuer the name of the authority
 * @param jwks the authority's public keys, a JWK set
 * @param run what everybody in the run agrees on
 * @param entryPoints {@code host:port}
 * @param orders signed orders, oldest first, each in base64
 * @param ordersUntil the number of the last of them, if there are more; null if these are all
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record TokenReply(
        String token,
        String issuer,
        JsonNode jwks,
        RunConfiguration run,
        List<String> entryPoints,
        List<String> orders,
        @Nullable Long ordersUntil) {
    /** @throws IllegalArgumentException naming the first field that is missing */
    TokenReply {
        require(token, "token");
        require(issuer, "issuer");
        require(jwks, "jwks");
        require(run, "run");
        entryPoints = entryPoints == null ? List.of() : List.copyOf(entryPoints);
        orders = orders == null ? List.of() : List.copyOf(orders);
    }

    /** The same with all orders. */
    TokenReply withOrders(List<String> all) {
        return new TokenReply(token, issuer, jwks, run, entryPoints, all, null);
    }

    private static void require(@Nullable Object value, String field) {
        if (value == null) {
            throw new IllegalArgumentException("the field '" + field + "' is missing");
        }
    }

    /** Keeps the token out of logs. */
    @Override
    public String toString() {
        return "TokenReply[" + run.run() + " by " + issuer + "]";
    }
}
