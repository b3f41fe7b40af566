package org.starling.auth.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;
import org.starling.auth.hub.HubProfile.Hardware;
import org.starling.swarm.http.BoundedHttpClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what the hub shows to everybody of a person. Moderators like to know it; nothing depends on it. */
@Component
public class HubProfiles {

    private static final Logger log = LoggerFactory.getLogger(HubProfiles.class);
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final int MAX_HARDWARE = 16;
    private static final int MAX_TEXT = 64;

    private final String users;
    private final Duration timeout;
    private final JsonMapper json;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_ANSWER_BYTES);

    HubProfiles(AuthProperties properties, JsonMapper json) {
        this.users = properties.hub() + "/api/users/";
        this.timeout = properties.hubTimeout();
        this.json = json;
    }

    /**
     * A person's public profile; empty if the hub does not answer, or answers nonsense, or now means somebody else by the
     * name. Blocks for as long as the hub may take.
     */
    public Optional<HubProfile> find(HubAccount person) {
        URI overview = URI.create(users + URLEncoder.encode(person.name(), StandardCharsets.UTF_8) + "/overview");
        HttpRequest request = HttpRequest.newBuilder(overview)
                .timeout(timeout)
                .header("Accept", "application/json")
                .header("User-Agent", "starling-auth")
                .build();
        try {
            HttpResponse<byte[]> response = http.send(request);
            if (response.statusCode() == 200) {
                return read(json.readTree(response.body()), person);
            }
            log.info("The hub answers with status {} about {}", response.statusCode(), person.name());
        } catch (IOException | JacksonException e) {
            log.info("The hub has no profile of {}: {}", person.name(), e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private static Optional<HubProfile> read(JsonNode answer, HubAccount person) {
        String id = answer.path("_id").asString(person.id());
        if (!answer.isObject() || !id.equals(person.id())) {
            return Optional.empty();
        }
        List<Hardware> hardware = new ArrayList<>();
        for (JsonNode item : answer.path("hardwareItems")) {
            JsonNode sku = item.path("sku");
            if (sku.size() == 3 && hardware.size() < MAX_HARDWARE) {
                hardware.add(new Hardware(
                        text(sku.get(0)),
                        text(sku.get(1)),
                        text(sku.get(2)),
                        item.path("mem").asDouble(0),
                        item.path("num").asInt(1)));
            }
        }
        Instant createdAt = null;
        try {
            createdAt = Instant.parse(answer.path("createdAt").asString(""));
        } catch (DateTimeException absent) {
            log.debug("The hub does not say since when it knows {}", person.name());
        }
        return Optional.of(new HubProfile(createdAt, List.copyOf(hardware)));
    }

    private static String text(JsonNode node) {
        String text = node.asString("");
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
