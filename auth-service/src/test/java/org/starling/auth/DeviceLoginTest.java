package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.form;
import static org.starling.auth.RunningAuthService.json;
import static org.starling.auth.RunningAuthService.tokenRequest;

import java.net.URI;
import java.net.URL;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.NameValuePair;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.PeerIdentity;
import tools.jackson.databind.JsonNode;

/** How a machine without a browser gets in, and who does not. */
@NullUnmarked
class DeviceLoginTest extends WithAuthService {

    private static final String DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
    private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
    private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

    private final PeerIdentity identity = PeerIdentity.create();

    @Test
    void aPersonConfirmsTheMachineAndItIsLetInWhenAModeratorHasApproved() {
        JsonNode codes = json(begin(identity));
        assertThat(codes.path("user_code").asString()).matches("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}");
        assertThat(codes.path("verification_uri").asString()).isEqualTo(service.url + "/device");
        assertThat(codes.path("expires_in").asLong()).isEqualTo(900);
        assertThat(codes.path("interval").asLong()).isEqualTo(5);
        assertError(poll(codes), 400, "authorization_pending", "Nobody");

        try (PersonsBrowser browser = browser()) {
            browser.open("/device")
                    .type("user_code", codes.path("user_code").asString().toLowerCase());
            assertThat(browser.click("Go on").text()).contains("Who are you?").doesNotContain(RUN);
            assertThat(browser.logIn("bob").text())
                    .contains("Is this your machine?", RUN, "bob", "laptop of bob, Linux", "127.0.0.1")
                    .contains(identity.id().toString(), codes.path("user_code").asString())
                    .contains("If somebody sent you the code");
            assertThat(browser.click("Yes, this is my machine").text())
                    .contains("The machine is connected", "A moderator has to approve you");
        }

        service.pass(Duration.ofSeconds(6));
        HttpResponse<String> granted = poll(codes);
        assertThat(granted.statusCode()).as(granted.body()).isEqualTo(200);
        assertThat(granted.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(json(granted).path("token_type").asString()).isEqualTo("Bearer");
        assertThat(json(granted).path("account").asString()).isEqualTo("bob");
        String credential = json(granted).path("access_token").asString();

        assertThat(askForToken(credential, identity).statusCode()).isEqualTo(202);
        service.approve("bob");
        HttpResponse<String> token = askForToken(credential, identity);
        assertThat(token.statusCode()).as(token.body()).isEqualTo(200);
        assertThat(json(token).path("run").path("run").asString()).isEqualTo(RUN);
        assertThat(audited("device.allow", identity)).isEqualTo(1);
        assertThat(jdbc().queryForList("SELECT token_hash FROM peer_credential", String.class))
                .noneMatch(credential::contains);
    }

    @Test
    void aCodeIsGoodForOneCredential() {
        JsonNode codes = json(begin(identity));
        decide(codes, "cleo", "Yes, this is my machine");

        List<Integer> statuses = IntStream.range(0, 8)
                .parallel()
                .mapToObj(i -> poll(codes).statusCode())
                .sorted()
                .toList();
        assertThat(statuses).containsExactly(200, 400, 400, 400, 400, 400, 400, 400);
        assertError(poll(codes), 400, "invalid_grant", "unknown or used");
        try (PersonsBrowser again = browser()) {
            assertThat(again.open(complete(codes)).logIn("dan").text()).contains("No machine waits");
        }
    }

    @Test
    void whoeverDeniesEndsIt() {
        JsonNode codes = json(begin(identity));
        decide(codes, "cleo", "No, turn it away");
        assertError(poll(codes), 400, "access_denied", "said no");
    }

    @Test
    void aCodeExpiresAndItsMachineIsToldSo() {
        JsonNode codes = json(begin(identity));
        service.pass(Duration.ofSeconds(901));
        assertError(poll(codes), 400, "expired_token", "expired");
        try (PersonsBrowser late = browser()) {
            assertThat(late.open(complete(codes)).logIn("dan").text())
                    .contains("No machine waits", codes.path("user_code").asString());
        }
        service.pass(Duration.ofHours(2));
        begin(PeerIdentity.create());
        assertError(poll(codes), 400, "invalid_grant", "unknown");
    }

    @Test
    void pollingTooOftenMakesTheIntervalLonger() {
        JsonNode codes = json(begin(identity));
        assertError(poll(codes), 400, "authorization_pending", "");
        service.pass(Duration.ofSeconds(4));
        assertError(poll(codes), 400, "slow_down", "10 seconds");
        service.pass(Duration.ofSeconds(6));
        assertError(poll(codes), 400, "slow_down", "15 seconds");
        service.pass(Duration.ofSeconds(16));
        assertError(poll(codes), 400, "authorization_pending", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/oauth2/token                | grant_type  |                    | 400 | invalid_request        | grant_type is missing",
                "/oauth2/token                | grant_type  | password           | 400 | unsupported_grant_type | device_code",
                "/oauth2/token                | client_id   |                    | 400 | invalid_request        | client_id is missing",
                "/oauth2/token                | client_id   | someone            | 401 | invalid_client         | starling-peer",
                "/oauth2/token                | device_code |                    | 400 | invalid_request        | device_code is missing",
                "/oauth2/token                | device_code | guessed            | 400 | invalid_grant          | unknown",
                "/oauth2/device_authorization | client_id   | someone            | 401 | invalid_client         | starling-peer",
                "/oauth2/device_authorization | run         | demo/nothing       | 400 | invalid_request        | no run demo/nothing",
                "/oauth2/device_authorization | run         |                    | 400 | invalid_request        | run is missing",
                "/oauth2/device_authorization | peer        | abc                | 400 | invalid_request        | peer",
            })
    void whatIsWrongIsSaidInTheWordsOfOAuth(
            String path, String field, String value, int status, String error, String description) {
        Map<String, String> fields = new HashMap<>(Map.of(
                "client_id",
                "starling-peer",
                "grant_type",
                DEVICE_GRANT,
                "device_code",
                "x",
                "run",
                RUN,
                "peer",
                identity.id().toString()));
        fields.remove(field);
        if (value != null) {
            fields.put(field, value);
        }
        assertError(post(path, form(fields)), status, error, description);
    }

    @Test
    void whatIsGivenTwiceIsRefused() {
        String form = beginForm(identity) + "&run=demo%2Fother";
        assertError(post("/oauth2/device_authorization", form), 400, "invalid_request", "run is given twice");
    }

    @Test
    void nobodyGuessesCodes() {
        try (PersonsBrowser guesser = browser()) {
            guesser.open("/device?user_code=BCDF-GHJK").logIn("eve");
            for (int i = 0; i < 10; i++) {
                assertThat(guesser.open("/device?user_code=BCDF-GHJK").status()).isIn(200, 429);
            }
            JsonNode codes = json(begin(identity));
            assertThat(guesser.open(complete(codes)).status()).isEqualTo(429);
            assertThat(guesser.text()).contains("Too many codes were wrong").doesNotContain(RUN);
        }
    }

    @Test
    void anotherPageCannotConfirmForThePerson() throws Exception {
        JsonNode codes = json(begin(identity));
        try (PersonsBrowser browser = browser()) {
            browser.open(complete(codes)).logIn("finn");
            WebRequest forged = new WebRequest(new URL(service.url + "/device"), HttpMethod.POST);
            forged.setAdditionalHeader("Accept", "text/html");
            forged.setRequestParameters(List.of(
                    new NameValuePair("user_code", codes.path("user_code").asString()),
                    new NameValuePair("answer", "yes")));
            HtmlPage answer = browser.client().getPage(forged);
            assertThat(answer.getWebResponse().getStatusCode()).isEqualTo(403);
            assertThat(answer.asNormalizedText()).contains("Not allowed", "load it again");
        }
        assertError(poll(codes), 400, "authorization_pending", "");
    }

    @Test
    void aMachineCannotWriteItsOwnPage() {
        HttpResponse<String> begun = post(
                "/oauth2/device_authorization",
                form(Map.of(
                        "client_id",
                        "starling-peer",
                        "run",
                        RUN,
                        "peer",
                        identity.id().toString(),
                        "device_name",
                        "<b>Hugging Face</b>\r\n" + "x".repeat(1000))));
        try (PersonsBrowser browser = browser()) {
            browser.open(complete(json(begun))).logIn("gina");
            assertThat(browser.text()).contains("<b>Hugging Face</b>").doesNotContain("x".repeat(150));
            assertThat(browser.page.getWebResponse().getContentAsString()).doesNotContain("<b>");
            assertThat(browser.page.getWebResponse().getResponseHeaderValue("Content-Security-Policy"))
                    .contains("frame-ancestors 'none'");
        }
    }

    @Test
    void noMoreThanFiftyMachinesWaitAtOneAddress() {
        service.pass(Duration.ofMinutes(16));
        for (int i = 0; i < 50; i++) {
            assertThat(begin(identity).statusCode()).isEqualTo(200);
        }
        HttpResponse<String> refused = begin(identity);
        assertError(refused, 429, "temporarily_unavailable", "127.0.0.1");
        assertThat(refused.headers().firstValueAsLong("Retry-After").orElseThrow())
                .isPositive();
        service.pass(Duration.ofMinutes(16));
        assertThat(begin(identity).statusCode()).isEqualTo(200);
    }

    @Test
    void aHubTokenIsExchangedOnceAndTheHubIsNotNeededAfterwards() {
        service.approve("hal");
        HttpResponse<String> exchanged = exchange(RunningAuthService.token("hal"));
        assertThat(exchanged.statusCode()).as(exchanged.body()).isEqualTo(200);
        String credential = json(exchanged).path("access_token").asString();
        assertThat(json(exchanged).path("issued_token_type").asString()).isEqualTo(ACCESS_TOKEN);

        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"DROP\",\"times\":100}");
        try {
            assertThat(askForToken(credential, identity).statusCode()).isEqualTo(200);
            HttpResponse<String> unavailable = exchange(RunningAuthService.token("iris"));
            assertError(unavailable, 503, "temporarily_unavailable", "does not answer");
            assertThat(unavailable.headers().firstValue("Retry-After")).isPresent();
        } finally {
            service.send(HttpRequest.newBuilder(URI.create(service.hubUrl + "/_hub/faults"))
                    .DELETE());
        }
        assertError(exchange("hf_of_nobody"), 400, "invalid_grant", "does not know this token");
        assertError(exchange("hf_oauth_of_an_app"), 400, "invalid_grant", "not a Hugging Face user access token");
        assertError(exchange(RunningAuthService.token("birds")), 400, "invalid_grant", "no person");
    }

    @Test
    void aCredentialIsGoodForItsOwnPeerAndForJoiningOnly() {
        service.approve("jan");
        String ofJan = credential("jan");
        String ofAda = credential("ada");
        assertProblem(askForToken(ofJan, PeerIdentity.create()), 403, "was given to the peer");
        assertProblem(askForToken(ofJan + "x", identity), 401, "unknown");
        assertThat(bearer("GET", RUN_PATH + "/join-requests/me", ofAda).statusCode())
                .isEqualTo(200);
        assertProblem(bearer("GET", RUN_PATH + "/join-requests", ofAda), 403, "nothing else");
        assertProblem(bearer("POST", RUN_PATH + "/join-requests/1/approve", ofAda), 403, "nothing else");
        assertProblem(bearer("POST", RUN_PATH + "/orders", ofAda), 403, "nothing else");
    }

    @Test
    void aCredentialThatIsUsedLivesOnAndAForgottenOneDies() {
        service.approve("kim");
        String credential = credential("kim");
        for (int i = 0; i < 3; i++) {
            service.pass(Duration.ofDays(60));
            assertThat(askForToken(credential, identity).statusCode()).isEqualTo(200);
        }
        service.pass(Duration.ofDays(91));
        assertProblem(askForToken(credential, identity), 401, "not used for too long");
    }

    @Test
    void aNewCredentialTakesThePlaceOfTheOld() {
        service.approve("lea");
        String old = credential("lea");
        String other = credential("mia");
        String current = credential("lea");
        assertProblem(askForToken(old, identity), 401, "unknown");
        assertThat(askForToken(current, identity).statusCode()).isEqualTo(200);
        assertThat(askForToken(other, identity).statusCode()).isEqualTo(202);
    }

    @Test
    void aPersonSeesTheirMachinesAndLogsOneOut() {
        service.approve("ron");
        PeerIdentity second = PeerIdentity.create();
        JsonNode codes = json(begin(identity));
        decide(codes, "ron", "Yes, this is my machine");
        String credential = json(poll(codes)).path("access_token").asString();
        assertThat(askForToken(credential, identity).statusCode()).isEqualTo(200);
        assertThat(service.askForToken("ron", second).statusCode()).isEqualTo(200);
        String theirs = credential("olga");
        try (PersonsBrowser ron = browser()) {
            assertThat(ron.open("/machines").click("ron").text())
                    .contains(
                            "laptop of bob, Linux",
                            identity.id().toString(),
                            second.id().toString(),
                            RUN)
                    .contains("logged in", "not logged in", "good until");
            assertThat(ron.submit("/machines/" + identity.id() + "/logout").text())
                    .contains("is logged out")
                    .doesNotContain("Log the machine out");
            assertProblem(askForToken(credential, identity), 401, "unknown");
            assertThat(json(service.get("/api/v1/me/machines", "ron")).size()).isEqualTo(2);
        }
        assertThat(json(service.get("/api/v1/me/machines", "olga"))
                        .get(0)
                        .path("peer")
                        .asString())
                .isEqualTo(identity.id().toString());
        assertProblem(service.delete("/api/v1/me/machines/" + identity.id(), "ron"), 404, "No machine with the key");
        assertThat(askForToken(theirs, identity).statusCode())
                .as("another's login")
                .isNotEqualTo(401);
        assertThat(service.delete("/api/v1/me/machines/" + identity.id(), "olga")
                        .statusCode())
                .isEqualTo(204);
        assertProblem(askForToken(theirs, identity), 401, "unknown");
        assertProblem(service.delete("/api/v1/me/machines/7", "olga"), 400, "");
        assertThat(audited("peer.logout", identity)).isEqualTo(2);
    }

    @Test
    void theServiceSaysWhereItIsAskedAndThatBehindAProxyToo() {
        JsonNode metadata = json(service.get("/.well-known/oauth-authorization-server", null));
        assertThat(metadata.path("device_authorization_endpoint").asString())
                .isEqualTo(service.url + "/oauth2/device_authorization");

        HttpRequest.Builder behindProxy = request("/oauth2/device_authorization")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Host", "birds.example.org")
                .header("X-Forwarded-Prefix", "/starling/auth")
                .header("X-Forwarded-For", "127.0.0.1, 203.0.113.7")
                .POST(BodyPublishers.ofString(beginForm(identity)));
        JsonNode codes = json(service.send(behindProxy));
        assertThat(codes.path("verification_uri").asString())
                .isEqualTo("https://birds.example.org/starling/auth/device");
        try (PersonsBrowser browser = browser()) {
            browser.open("/device?user_code=" + codes.path("user_code").asString());
            assertThat(browser.logIn("ada").text()).contains("203.0.113.7, while you are at 127.0.0.1");
        }
    }

    @Test
    void aMachineThatKnowsTheServiceByAnotherAddressShowsThePublicOne() {
        service.context.close();
        service.start("--starling.auth.public-url=https://birds.example.org/starling/");
        try {
            assertThat(json(begin(identity)).path("verification_uri").asString())
                    .isEqualTo("https://birds.example.org/starling/device");
        } finally {
            service.context.close();
            service.start();
        }
    }

    private HttpResponse<String> begin(PeerIdentity peer) {
        return post("/oauth2/device_authorization", beginForm(peer));
    }

    private static String beginForm(PeerIdentity peer) {
        return form(Map.of(
                "client_id",
                "starling-peer",
                "run",
                RUN,
                "peer",
                peer.id().toString(),
                "device_name",
                "laptop of bob, Linux"));
    }

    private static HttpResponse<String> poll(JsonNode codes) {
        return post(
                "/oauth2/token",
                form(Map.of(
                        "client_id",
                        "starling-peer",
                        "grant_type",
                        DEVICE_GRANT,
                        "device_code",
                        codes.path("device_code").asString())));
    }

    private HttpResponse<String> exchange(String hubToken) {
        return post(
                "/oauth2/token",
                form(Map.of(
                        "client_id", "starling-peer",
                        "grant_type", TOKEN_EXCHANGE,
                        "subject_token", hubToken,
                        "subject_token_type", ACCESS_TOKEN,
                        "peer", identity.id().toString())));
    }

    private String credential(String person) {
        HttpResponse<String> answer = exchange(RunningAuthService.token(person));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("access_token").asString();
    }

    private static void decide(JsonNode codes, String person, String answer) {
        try (PersonsBrowser browser = browser()) {
            browser.open(complete(codes)).logIn(person).click(answer);
            assertThat(browser.status()).as(browser.text()).isEqualTo(200);
        }
        service.pass(Duration.ofSeconds(6));
    }

    private static String complete(JsonNode codes) {
        return codes.path("verification_uri_complete").asString();
    }

    private static HttpResponse<String> askForToken(String credential, PeerIdentity peer) {
        return service.send(request(RUN_PATH + "/tokens")
                .setHeader("Content-Type", "application/json")
                .header("Authorization", "Bearer " + credential)
                .POST(BodyPublishers.ofString(tokenRequest(peer, service.proof(peer)))));
    }

    private static HttpResponse<String> bearer(String method, String path, String credential) {
        return service.send(
                request(path).header("Authorization", "Bearer " + credential).method(method, BodyPublishers.noBody()));
    }

    private static HttpResponse<String> post(String path, String form) {
        return service.send(request(path).POST(BodyPublishers.ofString(form)));
    }

    private static HttpRequest.Builder request(String path) {
        return service.request(path, null).header("Content-Type", "application/x-www-form-urlencoded");
    }

    private static void assertError(HttpResponse<String> answer, int status, String error, String description) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).path("error").asString()).isEqualTo(error);
        assertThat(json(answer).path("error_description").asString()).contains(description);
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String detail) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).path("detail").asString()).contains(detail);
    }

    private static long audited(String action, PeerIdentity peer) {
        Long count = jdbc().queryForObject(
                        "SELECT count(*) FROM audit_event WHERE action = ? AND subject = ?",
                        Long.class,
                        action,
                        peer.id().toString());
        return count == null ? 0 : count;
    }

    private static JdbcTemplate jdbc() {
        return service.context.getBean(JdbcTemplate.class);
    }
}
