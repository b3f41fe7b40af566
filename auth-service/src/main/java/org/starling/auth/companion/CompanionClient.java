package org.starling.auth.companion;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.starling.swarm.http.BoundedHttpClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks services of runs. An answer, even none, is believed for ten seconds. */
@Component
class CompanionClient {

    private static final Logger log = LoggerFactory.getLogger(CompanionClient.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration GOOD_FOR = Duration.ofSeconds(10);
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    private final JsonMapper json;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_ANSWER_BYTES);
    private final Cache<URI, Optional<JsonNode>> answers =
            Caffeine.newBuilder().expireAfterWrite(GOOD_FOR).maximumSize(100).build();

    CompanionClient(JsonMapper json) {
        this.json = json;
    }

    /**
     * What the service says; empty if it does not answer with JSON in time.
     *
     * @param service address without a slash at the end
     * @param path with a slash at the beginning
     */
    Optional<JsonNode> ask(String service, String path) {
        return answers.get(URI.create(service + path), this::fetch);
    }

    private Optional<JsonNode> fetch(URI address) {
        try {
            HttpResponse<byte[]> response =
                    http.send(HttpRequest.newBuilder(address).timeout(TIMEOUT).build());
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode());
            }
            return Optional.of(json.readTree(response.body()));
        } catch (IOException | JacksonException e) {
            log.info("{} does not answer: {}", address, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }
}
