package org.starling.hub.repo;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** {@code POST /api/validate-yaml}: checks the front matter of a model or dataset card. */
@RestController
final class CardController {

    record Card(@Nullable String content, @Nullable String repoType) {}

    @PostMapping("/api/validate-yaml")
    ResponseEntity<Map<String, Object>> validate(@RequestBody Card card) {
        String error = findError(card.content() == null ? "" : card.content());
        return error == null
                ? ResponseEntity.ok(Map.of("warnings", List.of()))
                : ResponseEntity.badRequest().body(Map.of("errors", List.of(Map.of("message", error))));
    }

    private static @Nullable String findError(String content) {
        if (!content.startsWith("---\n")) {
            return null;
        }
        int end = content.indexOf("\n---", 3);
        if (end < 0) {
            return "the YAML block is not closed by ---";
        }
        try {
            Object metadata = new Yaml(new SafeConstructor(new LoaderOptions())).load(content.substring(4, end + 1));
            return metadata == null || metadata instanceof Map<?, ?> ? null : "the YAML block must be a mapping";
        } catch (YAMLException e) {
            return "the YAML block is malformed: " + e.getMessage();
        }
    }
}
