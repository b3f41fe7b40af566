package org.starling.hub.oauth;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.HubProperties.ClientProperties;

/** The registered OAuth applications. */
@Component
final class Clients {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Map<String, Client> clients = new LinkedHashMap<>();

    Clients(HubProperties properties) {
        for (ClientProperties each : properties.clients()) {
            Client client = new Client(
                    each.id(),
                    each.secret(),
                    each.name() == null ? each.id() : each.name(),
                    List.copyOf(each.redirectUris()));
            if (clients.put(client.id(), client) != null) {
                throw new IllegalArgumentException("hub.clients holds '" + client.id() + "' twice");
            }
        }
    }

    /** An application; one without a secret is public and must use PKCE. */
    record Client(String id, @Nullable String secret, String name, List<String> redirectUris) {

        boolean isPublic() {
            return secret == null;
        }

        boolean allowsRedirect(String uri) {
            return redirectUris.stream().anyMatch(allowed -> allowed.equals(uri) || sameButForPort(allowed, uri));
        }

        private static boolean sameButForPort(String allowed, String given) {
            try {
                URI a = URI.create(allowed);
                URI b = URI.create(given);
                return "http".equals(a.getScheme())
                        && "http".equals(b.getScheme())
                        && a.getHost() != null
                        && LOOPBACK.contains(a.getHost())
                        && a.getHost().equals(b.getHost())
                        && b.getUserInfo() == null
                        && b.getFragment() == null
                        && Objects.equals(a.getPath(), b.getPath())
                        && Objects.equals(a.getQuery(), b.getQuery());
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
    }

    Optional<Client> find(@Nullable String id) {
        return id == null ? Optional.empty() : Optional.ofNullable(clients.get(id));
    }

    /**
     * Authenticates the application that calls the token or device endpoint: {@code client_secret_basic},
     * {@code client_secret_post}, or only named when it is public.
     *
     * @param authorization the request's header
     * @param clientId from the form
     * @param clientSecret from the form
     * @return the application, or empty when the request names none
     */
    Optional<Client> authenticate(
            @Nullable String authorization, @Nullable String clientId, @Nullable String clientSecret) {
        String id = clientId;
        String secret = clientSecret;
        if (authorization != null) {
            if (!authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
                throw invalidClient("only HTTP Basic authenticates a client");
            }
            String[] pair = decodeBasic(authorization.substring(6).strip());
            if (clientId != null && !clientId.equals(pair[0])) {
                throw invalidClient("client_id in the form is not that of the header");
            }
            id = pair[0];
            secret = pair[1];
        }
        if (id == null) {
            return Optional.empty();
        }
        Client client = clients.get(id);
        if (client == null) {
            throw invalidClient("unknown client '" + id + "'");
        }
        String expected = client.secret();
        if (expected != null
                && (secret == null
                        || !MessageDigest.isEqual(
                                expected.getBytes(StandardCharsets.UTF_8), secret.getBytes(StandardCharsets.UTF_8)))) {
            throw invalidClient("the client's secret is missing or wrong");
        }
        return Optional.of(client);
    }

    private static String[] decodeBasic(String encoded) {
        try {
            String[] pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).split(":", 2);
            if (pair.length == 2) {
                return new String[] {
                    URLDecoder.decode(pair[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(pair[1], StandardCharsets.UTF_8)
                };
            }
        } catch (IllegalArgumentException e) {
            // Told below: what was sent is a secret and stays out of the message.
        }
        throw invalidClient("malformed HTTP Basic header");
    }

    private static OAuthException invalidClient(String description) {
        return new OAuthException(HttpStatus.UNAUTHORIZED, "invalid_client", description);
    }
}
