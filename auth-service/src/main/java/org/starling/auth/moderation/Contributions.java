package org.starling.auth.moderation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;
import org.starling.auth.AuthProperties.RunProperties;
import org.starling.auth.run.Run;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What accounts have contributed. Only the swarm's epoch records tell; this asks the run's metrics service, which adds them
 * up. Without it nothing is known, and nothing depends on it.
 */
@Component
public class Contributions {

    private static final Logger log = LoggerFactory.getLogger(Contributions.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration GOOD_FOR = Duration.ofSeconds(10);
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    private final AuthProperties properties;
    private final JsonMapper json;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final Cache<String, Map<String, Contribution>> answers =
            Caffeine.newBuilder().expireAfterWrite(GOOD_FOR).maximumSize(100).build();

    Contributions(AuthProperties properties, JsonMapper json) {
        this.properties = properties;
        this.json = json;
    }

    /**
     * An account's part.
     *
     * @param samples credited in epoch records
     * @param epochs it took part in
     */
    public record Contribution(long samples, long epochs) {}

    /** What each account has contributed, by hub id; empty if nobody can tell. */
    public Map<String, Contribution> of(Run run) {
        return find(run.name())
                .map(metrics -> answers.get(run.name(), name -> ask(metrics)))
                .orElse(Map.of());
    }

    private Optional<URI> find(String run) {
        return properties.runs().stream()
                .filter(settings -> settings.name().equals(run) && settings.metrics() != null)
                .map(RunProperties::metrics)
                .findFirst();
    }

    private Map<String, Contribution> ask(URI metrics) {
        URI contributions = URI.create(metrics.toString().replaceAll("/+$", "") + "/api/v1/contributions");
        try {
            HttpResponse<InputStream> response = http.send(
                    HttpRequest.newBuilder(contributions).timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IOException("status " + response.statusCode());
                }
                return read(json.readTree(body.readNBytes(MAX_ANSWER_BYTES)));
            }
        } catch (IOException | JacksonException e) {
            log.info("The metrics service at {} does not tell contributions: {}", metrics, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Map.of();
    }

    private static Map<String, Contribution> read(JsonNode answer) {
        Map<String, Contribution> contributions = new HashMap<>();
        for (JsonNode each : answer) {
            contributions.put(
                    each.path("account").asString(""),
                    new Contribution(
                            each.path("samples").asLong(0), each.path("epochs").asLong(0)));
        }
        return contributions;
    }
}
