package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;
import static org.starling.auth.RunningAuthService.tokenRequest;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ApplicationEvent;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.authentication.event.InteractiveAuthenticationSuccessEvent;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.starling.swarm.identity.PeerIdentity;

/** Two instances of the service on one database. */
@NullUnmarked
class SeveralInstancesTest {

    @TempDir
    static Path folder;

    private static RunningAuthService one;
    private static RunningAuthService other;

    @BeforeAll
    static void start() {
        one = new RunningAuthService(folder);
        other = one.second();
    }

    @AfterAll
    static void stop() {
        other.close();
        one.close();
    }

    @Test
    void ordersGivenAtBothAreNumberedOnceAndWithoutAGap() {
        List<Long> numbers = IntStream.range(0, 12)
                .parallel()
                .mapToObj(i -> (i % 2 == 0 ? one : other)
                        .post(RUN_PATH + "/orders", "otto", "{\"type\":\"pause\",\"reason\":\"" + i + "\"}"))
                .map(answer -> {
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    return json(answer).path("number").asLong();
                })
                .toList();
        long first = numbers.stream().mapToLong(Long::longValue).min().orElseThrow();
        assertThat(numbers)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(first, first + 12).boxed().toList());
    }

    @Test
    void aNewKeyOfOneSignsAtTheOther() {
        assertThat(other.get("/oauth2/jwks", null).body())
                .isEqualTo(one.get("/oauth2/jwks", null).body());
        List<HttpResponse<String>> rotated = List.of(one, other).parallelStream()
                .map(service -> service.post("/api/v1/authority/keys", "olga", ""))
                .toList();
        assertThat(rotated).allSatisfy(answer -> assertThat(answer.statusCode()).isEqualTo(201));
        String signing = json(one.get("/api/v1/authority/keys", "olga"))
                .valueStream()
                .filter(key -> !key.has("retiredAt"))
                .map(key -> key.path("keyId").asString())
                .reduce((a, b) -> a + " and " + b)
                .orElseThrow();

        for (RunningAuthService service : List.of(one, other)) {
            String token = json(service.askForToken("otto", PeerIdentity.create()))
                    .path("token")
                    .asString();
            assertThat(new String(Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.')))))
                    .contains(signing);
        }
        assertThat(other.get("/oauth2/jwks", null).body())
                .isEqualTo(one.get("/oauth2/jwks", null).body());
    }

    @Test
    void aProofIsGoodOnceAtAll() {
        one.approve("bob");
        PeerIdentity identity = PeerIdentity.create();
        String request = tokenRequest(identity, one.proof(identity));
        assertThat(one.post(RUN_PATH + "/tokens", "bob", request).statusCode()).isEqualTo(200);
        assertProblem(other.post(RUN_PATH + "/tokens", "bob", request), 403, "used before");
    }

    @Test
    void whoLoggedInAtOneIsKnownToTheOtherAndTheDatabaseTellsNothingOfIt() {
        try (PersonsBrowser browser = new PersonsBrowser(one.url)) {
            browser.open("/oauth2/authorization/huggingface").click("gina");
            assertThat(text(browser, one.url)).contains("\"account\":\"gina\"");
            assertThat(text(browser, other.url)).contains("\"account\":\"gina\"");
        }
        List<byte[]> stored = one.context
                .getBean(JdbcTemplate.class)
                .queryForList("SELECT attribute_bytes FROM spring_session_attributes", byte[].class);
        assertThat(stored).isNotEmpty();
        assertThat(stored)
                .allSatisfy(bytes -> assertThat(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1))
                        .doesNotContain("gina", "java.", "springframework"));
    }

    @Test
    void theHubsTokensAreForgottenOnceThePersonIsKnown() {
        List<String> people = new CopyOnWriteArrayList<>();
        one.context.addApplicationListener((ApplicationEvent event) -> {
            if (event instanceof InteractiveAuthenticationSuccessEvent login) {
                people.add(login.getAuthentication().getName());
            }
        });

        try (PersonsBrowser browser = new PersonsBrowser(one.url)) {
            browser.open("/oauth2/authorization/huggingface").click("hal");
        }

        assertThat(people).hasSize(1);
        OAuth2AuthorizedClientService kept = one.context.getBean(OAuth2AuthorizedClientService.class);
        assertThat(kept.<OAuth2AuthorizedClient>loadAuthorizedClient("huggingface", people.get(0)))
                .isNull();
    }

    private static String text(PersonsBrowser browser, String url) {
        try {
            return browser.client().getPage(url + "/api/v1/me").getWebResponse().getContentAsString();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
