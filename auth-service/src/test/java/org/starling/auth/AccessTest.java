package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN;

import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Every role against every endpoint. An endpoint that is not in the table fails the test. */
@NullUnmarked
class AccessTest extends WithAuthService {

    private enum Caller {
        NOBODY(null),
        PERSON("bob"),
        AUXILIARY("max"),
        MODERATOR("ada"),
        OPERATOR("otto"),
        SERVICE_OPERATOR("olga");

        private final String name;

        Caller(String name) {
            this.name = name;
        }
    }

    private static final Set<Caller> EVERYBODY = EnumSet.allOf(Caller.class);
    private static final Set<Caller> PEOPLE = EnumSet.complementOf(EnumSet.of(Caller.NOBODY));
    private static final Set<Caller> MODERATORS = EnumSet.of(Caller.MODERATOR);
    private static final Set<Caller> OPERATORS = EnumSet.of(Caller.OPERATOR);
    private static final Set<Caller> SERVICE_OPERATORS = EnumSet.of(Caller.SERVICE_OPERATOR);

    private static final String RUNS = "/api/v1/runs/{organisation}/{name}";

    private static final Map<String, Set<Caller>> API = new LinkedHashMap<>();

    static {
        API.put("GET /api/v1/me", EVERYBODY);
        API.put("GET /api/v1/me/machines", PEOPLE);
        API.put("DELETE /api/v1/me/machines/{peer}", PEOPLE);
        API.put("GET /api/v1/runs", EVERYBODY);
        API.put("POST /api/v1/runs", SERVICE_OPERATORS);
        API.put("GET " + RUNS, EVERYBODY);
        API.put("PATCH " + RUNS, OPERATORS);
        API.put("GET " + RUNS + "/orders", EVERYBODY);
        API.put("POST " + RUNS + "/orders", OPERATORS);
        API.put("POST " + RUNS + "/tokens", PEOPLE);
        API.put("POST " + RUNS + "/join-requests", PEOPLE);
        API.put("GET " + RUNS + "/join-requests/me", PEOPLE);
        API.put("GET " + RUNS + "/join-requests", MODERATORS);
        API.put("POST " + RUNS + "/join-requests/{id}/approve", MODERATORS);
        API.put("POST " + RUNS + "/join-requests/{id}/refuse", MODERATORS);
        API.put("GET " + RUNS + "/admission-rules", MODERATORS);
        API.put("POST " + RUNS + "/admission-rules", MODERATORS);
        API.put("DELETE " + RUNS + "/admission-rules/{id}", MODERATORS);
        API.put("GET " + RUNS + "/bans", MODERATORS);
        API.put("POST " + RUNS + "/bans", MODERATORS);
        API.put("POST " + RUNS + "/bans/{id}/lift", MODERATORS);
        API.put("GET " + RUNS + "/accounts", MODERATORS);
        API.put("GET " + RUNS + "/accounts/{account}", MODERATORS);
        API.put("GET " + RUNS + "/officials", OPERATORS);
        API.put("PUT " + RUNS + "/officials/{office}/{account}", OPERATORS);
        API.put("DELETE " + RUNS + "/officials/{office}/{account}", OPERATORS);
        API.put("GET " + RUNS + "/audit", EnumSet.of(Caller.OPERATOR, Caller.SERVICE_OPERATOR));
        API.put("GET /api/v1/audit", SERVICE_OPERATORS);
        API.put("GET /api/v1/authority/keys", SERVICE_OPERATORS);
        API.put("POST /api/v1/authority/keys", SERVICE_OPERATORS);
        API.put("POST /api/v1/authority/keys/{keyId}/revoke", SERVICE_OPERATORS);
    }

    private static final String PAGES_OF_RUN = "/runs/{organisation}/{name}";

    private static final Map<String, Set<Caller>> PAGES = new LinkedHashMap<>();

    static {
        PAGES.put("GET /", EVERYBODY);
        PAGES.put("GET /device", EVERYBODY);
        PAGES.put("POST /device", PEOPLE);
        PAGES.put("GET /machines", PEOPLE);
        PAGES.put("POST /machines/{peer}/logout", PEOPLE);
        PAGES.put("GET " + PAGES_OF_RUN, EVERYBODY);
        PAGES.put("POST " + PAGES_OF_RUN + "/join", PEOPLE);
        PAGES.put("GET " + PAGES_OF_RUN + "/requests", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/requests/{id}/approve", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/requests/{id}/refuse", MODERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/accounts", MODERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/accounts/{account}", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/accounts/{account}/ban", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/accounts/{account}/keys/{peer}/ban", MODERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/bans", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/bans/{id}/lift", MODERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/rules", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/rules", MODERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/rules/{id}/remove", MODERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/operate", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/pause", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/resume", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/settings", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/presence", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/officials", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/operate/officials/dismiss", OPERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/rollback", OPERATORS);
        PAGES.put("POST " + PAGES_OF_RUN + "/rollback", OPERATORS);
        PAGES.put("GET " + PAGES_OF_RUN + "/audit", OPERATORS);
        PAGES.put("GET /service", SERVICE_OPERATORS);
        PAGES.put("POST /service/keys", SERVICE_OPERATORS);
        PAGES.put("POST /service/keys/{keyId}/revoke", SERVICE_OPERATORS);
        PAGES.put("GET /service/runs/new", SERVICE_OPERATORS);
        PAGES.put("POST /service/runs", SERVICE_OPERATORS);
    }

    /** For programs that are nobody yet; they prove themselves by what they send. */
    private static final Set<String> PROTOCOL = Set.of("POST /oauth2/device_authorization", "POST /oauth2/token");

    /** Documents for everybody. */
    private static final Set<String> PUBLIC = Set.of(
            "GET /.well-known/jwks.json",
            "GET /.well-known/oauth-authorization-server",
            "GET /oauth2/jwks",
            "GET /v3/api-docs",
            "GET /v3/api-docs.yaml");

    @Test
    void everyEndpointOfTheApiLetsInWhomItShouldAndNobodyElse() {
        Set<String> found = endpoints("/api/");
        assertThat(found).as("the endpoints and the table").isEqualTo(new TreeSet<>(API.keySet()));
        API.forEach((endpoint, allowed) -> {
            for (Caller caller : Caller.values()) {
                HttpResponse<String> answer = call(endpoint, caller);
                String what = endpoint + " by " + caller + ": " + answer.statusCode() + " " + answer.body();
                if (allowed.contains(caller)) {
                    assertThat(answer.statusCode()).as(what).isNotIn(401, 403, 405, 500);
                } else if (caller == Caller.NOBODY) {
                    // a change without a token is taken for a browser's, which lacks the CSRF token
                    assertThat(answer.statusCode()).as(what).isEqualTo(endpoint.startsWith("GET ") ? 401 : 403);
                } else {
                    assertThat(answer.statusCode()).as(what).isEqualTo(403);
                }
            }
        });
    }

    @Test
    void everyPageIsForWhomItShouldBeAndForNobodyElse() {
        Set<String> found = endpoints("/");
        found.removeAll(endpoints("/api/"));
        found.removeAll(PUBLIC);
        found.removeAll(PROTOCOL);
        found.removeIf(endpoint -> endpoint.endsWith(" /error"));
        assertThat(found).as("the pages and the table").isEqualTo(new TreeSet<>(PAGES.keySet()));
        for (Caller caller : Caller.values()) {
            try (PersonsBrowser browser = browser()) {
                browser.open("/");
                if (caller != Caller.NOBODY) {
                    browser.logIn(caller.name);
                }
                PAGES.forEach((endpoint, allowed) -> assertAccess(browser, endpoint, caller, allowed));
            }
        }
    }

    private static void assertAccess(PersonsBrowser browser, String endpoint, Caller caller, Set<Caller> allowed) {
        String path = path(endpoint);
        boolean reads = endpoint.startsWith("GET ");
        if (reads) {
            browser.open(path);
        } else {
            browser.open("/").post(path);
        }
        String what = endpoint + " by " + caller + ": " + browser.status() + " " + browser.text();
        if (allowed.contains(caller)) {
            assertThat(browser.status()).as(what).isNotIn(401, 403, 405, 500);
        } else if (caller == Caller.NOBODY && reads) {
            assertThat(browser.page.getUrl().toString()).as(what).startsWith(service.hubUrl);
        } else {
            assertThat(browser.status()).as(what).isEqualTo(403);
        }
    }

    @Test
    void nothingElseIsChangedWithoutTheTokenOfASession() {
        Set<String> others = endpoints("/");
        others.removeAll(endpoints("/api/"));
        others.removeIf(endpoint -> endpoint.endsWith(" /error"));
        for (String endpoint : others) {
            HttpResponse<String> answer = call(endpoint, Caller.NOBODY);
            String what = endpoint + ": " + answer.statusCode() + " " + answer.body();
            if (PUBLIC.contains(endpoint)) {
                assertThat(answer.statusCode()).as(what).isEqualTo(200);
            } else if (PROTOCOL.contains(endpoint)) {
                assertThat(answer.statusCode()).as(what).isIn(400, 415);
            } else if (endpoint.startsWith("GET ")) {
                assertThat(answer.statusCode()).as(what).isLessThan(500);
            } else {
                assertThat(answer.statusCode()).as(what).isEqualTo(403);
            }
        }
    }

    @Test
    void theDescriptionOfTheApiHasEveryEndpointAndNoParameterThatIsNone() {
        JsonNode paths =
                RunningAuthService.json(service.get("/v3/api-docs", null)).path("paths");
        Set<String> described = new TreeSet<>();
        paths.propertyStream()
                .forEach(path -> path.getValue().propertyNames().forEach(method -> {
                    if (path.getKey().startsWith("/api/")) {
                        described.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey());
                    }
                }));
        assertThat(described).isEqualTo(endpoints("/api/"));
        assertThat(paths.toString()).doesNotContain("\"name\":\"person\"", "\"name\":\"visit\"");
        paths.propertyStream()
                .forEach(path -> path.getValue()
                        .forEach(operation -> assertThat(operation
                                        .path("parameters")
                                        .valueStream()
                                        .filter(parameter ->
                                                parameter.path("in").asString().equals("path"))
                                        .map(parameter ->
                                                "{" + parameter.path("name").asString() + "}"))
                                .as(path.getKey())
                                .containsExactlyInAnyOrderElementsOf(Pattern.compile("\\{\\w+}")
                                        .matcher(path.getKey())
                                        .results()
                                        .map(MatchResult::group)
                                        .toList())));
    }

    private static HttpResponse<String> call(String endpoint, Caller caller) {
        String method = endpoint.substring(0, endpoint.indexOf(' '));
        String path = path(endpoint);
        return service.send(method, path, caller.name, method.equals("GET") ? "" : "{}");
    }

    private static String path(String endpoint) {
        return endpoint.substring(endpoint.indexOf(' ') + 1)
                .replace("{organisation}/{name}", RUN)
                .replace("{id}", "999999")
                .replace("{keyId}", "none")
                .replace("{peer}", "ab".repeat(32))
                .replace("{office}", "moderator")
                .replace("{account}", "nobody")
                .replaceAll("\\{[a-zA-Z]+}", "1");
    }
}
