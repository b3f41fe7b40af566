package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** {@code docs/auth-service.md} names every endpoint and every setting that there is, and none that there is not. */
@NullUnmarked
class DocumentationTest extends WithAuthService {

    private static final String RUN = "/api/v1/runs/{organisation}/{name}";

    private static String text() throws IOException {
        return Files.readString(Path.of("../docs/auth-service.md"));
    }

    @Test
    void everyEndpointIsDescribedAndNoOther() throws IOException {
        Set<String> endpoints = endpoints("/api/");
        endpoints.addAll(endpoints("/oauth2/"));
        Set<String> described = Pattern.compile("`(GET|POST|PUT|PATCH|DELETE) ([^`?]+)`")
                .matcher(text())
                .results()
                .map(match -> match.group(1) + " " + match.group(2).replace("…", RUN))
                .filter(endpoint -> endpoint.contains(" /api/") || endpoint.contains(" /oauth2/"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(described).isEqualTo(endpoints);
    }

    @Test
    void everySettingIsDescribed() throws IOException {
        String text = text();
        for (Class<?> settings : List.of(AuthProperties.class, AuthProperties.RunProperties.class)) {
            assertThat(Arrays.stream(settings.getRecordComponents())
                            .map(component -> kebab(component.getName()))
                            .filter(name -> !name.equals("limits") && !name.equals("runs")))
                    .allSatisfy(name -> assertThat(text).contains("`" + name + "`"));
        }
        assertThat(Arrays.stream(AuthProperties.Limits.class.getRecordComponents())
                        .map(component -> "`limits." + kebab(component.getName()) + "`"))
                .allSatisfy(name -> assertThat(text).contains(name));
    }

    private static String kebab(String camel) {
        return camel.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
    }
}
