package org.starling.hub.web;

import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What is only there to be pointed at: everybody's picture, and a sign of life. */
@RestController
final class AvatarController {

    @GetMapping(path = "/_hub/avatar.svg", produces = "image/svg+xml")
    String avatar() {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#ffd21e"/>\
                <circle cx="20" cy="15" r="7" fill="#3a3b45"/><path d="M6 40a14 14 0 0 1 28 0z" fill="#3a3b45"/></svg>
                """;
    }

    @GetMapping(path = "/_hub/health", produces = MediaType.APPLICATION_JSON_VALUE)
    Map<String, String> health() {
        return Map.of("status", "UP");
    }
}
