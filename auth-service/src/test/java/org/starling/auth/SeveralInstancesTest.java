package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.form;
import static org.starling.auth.RunningAuthService.json;
import static org.starling.auth.RunningAuthService.tokenRequest;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
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
import tools.jackson.databind.JsonNode;

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

    /** The cookie of the session and the token that goes with it are good at any instance; one without the other at none. */
    @Test
    void aFormOfOneIsTakenByTheOtherAndAForgedOneByNone() {
        try (PersonsBrowser browser = new PersonsBrowser(one.url)) {
            browser.open("/oauth2/authorization/huggingface").click("kim");
            text(browser, one.url);
            String cookies = browser.client().getCookieManager().getCookies().stream()
                    .map(cookie -> cookie.getName() + "=" + cookie.getValue())
                    .collect(Collectors.joining("; "));
            String csrf =
                    browser.client().getCookieManager().getCookie("XSRF-TOKEN").getValue();
            String another = (csrf.startsWith("0") ? "1" : "0") + csrf.substring(1);
            for (RunningAuthService service : List.of(other, one)) {
                HttpRequest.Builder forged = service.request(RUN_PATH + "/join-requests", null)
                        .header("Cookie", cookies)
                        .POST(BodyPublishers.noBody());
                assertProblem(service.send(forged), 403, "CSRF");
                assertProblem(service.send(forged.copy().header("X-XSRF-TOKEN", another)), 403, "CSRF");
                assertThat(service.send(forged.copy().header("X-XSRF-TOKEN", csrf))
                                .statusCode())
                        .isEqualTo(202);
            }
        }
    }

    @Test
    void aMachineThatAskedAtOneIsConfirmedAtTheOtherAndGetsOneCredential() {
        PeerIdentity machine = PeerIdentity.create();
        JsonNode codes = json(beginLogin(one, machine));
        assertThat(json(pollLogin(other, codes)).path("error").asString()).isEqualTo("authorization_pending");
        assertThat(json(pollLogin(one, codes)).path("error").asString())
                .as("the other has just answered")
                .isEqualTo("slow_down");

        try (PersonsBrowser browser = new PersonsBrowser(other.url)) {
            browser.open("/oauth2/authorization/huggingface").click("lea");
            browser.open("/device?user_code=" + codes.path("user_code").asString())
                    .click("Yes, this is my machine");
            assertThat(browser.text()).contains("The machine is connected");
        }
        one.pass(Duration.ofSeconds(15));
        List<HttpResponse<String>> polled = List.of(one, other, one, other).parallelStream()
                .map(service -> pollLogin(service, codes))
                .toList();
        assertThat(polled.stream().filter(answer -> answer.statusCode() == 200)).hasSize(1);
    }

    @Test
    void wrongCodesAreCountedTogether() {
        String code =
                json(beginLogin(one, PeerIdentity.create())).path("user_code").asString();
        try (PersonsBrowser browser = new PersonsBrowser(one.url)) {
            browser.open("/oauth2/authorization/huggingface").click("mia");
            for (int i = 0; i < 10; i++) {
                String url = (i % 2 == 0 ? one : other).url;
                assertThat(browser.open(url + "/device?user_code=" + code).text())
                        .contains("Is this your machine?");
                assertThat(browser.open(url + "/device?user_code=BBBB-BBB" + "BCDFGHJKLM".charAt(i))
                                .text())
                        .doesNotContain("Is this your machine?");
            }
            for (RunningAuthService service : List.of(one, other)) {
                assertThat(browser.open(service.url + "/device?user_code=" + code)
                                .status())
                        .isEqualTo(429);
            }
            one.pass(Duration.ofMinutes(16));
            String another = json(beginLogin(other, PeerIdentity.create()))
                    .path("user_code")
                    .asString();
            assertThat(browser.open(one.url + "/device?user_code=" + another).text())
                    .contains("Is this your machine?");
        }
    }

    private static HttpResponse<String> beginLogin(RunningAuthService at, PeerIdentity machine) {
        return postForm(
                at,
                "/oauth2/device_authorization",
                Map.of(
                        "client_id",
                        "starling-peer",
                        "run",
                        RUN,
                        "peer",
                        machine.id().toString()));
    }

    private static HttpResponse<String> pollLogin(RunningAuthService at, JsonNode codes) {
        return postForm(
                at,
                "/oauth2/token",
                Map.of(
                        "client_id",
                        "starling-peer",
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:device_code",
                        "device_code",
                        codes.path("device_code").asString()));
    }

    private static HttpResponse<String> postForm(RunningAuthService at, String path, Map<String, String> fields) {
        return at.send(at.request(path, null)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form(fields))));
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
