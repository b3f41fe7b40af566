package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.JSON;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;
import static org.starling.auth.RunningAuthService.send;
import static org.starling.auth.RunningAuthService.tokenRequest;

import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Certificates;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.databind.JsonNode;

@NullUnmarked
class AuthServiceTest extends WithAuthService {

    private static final String DIGEST = "ab".repeat(32);

    @Test
    void aPersonLogsInAsksIsApprovedAndTheirPeerGetsATokenThatPeersVerifyOffline() {
        CookieManager cookies = new CookieManager();
        HttpClient browser = RunningAuthService.browser(cookies);
        assertThat(get(browser, "/").body()).contains("Train one network together");
        assertThat(json(get(browser, "/api/v1/me")).path("account").isNull()).isTrue();
        logIn(browser, "bob");
        assertThat(json(get(browser, "/api/v1/me")).path("account").asString()).isEqualTo("bob");
        assertThat(json(get(browser, RUN_PATH + "/join-requests/me"))
                        .path("state")
                        .asString())
                .isEqualTo("none");

        HttpResponse<String> forged =
                send(browser, service.request(RUN_PATH + "/join-requests", null).POST(BodyPublishers.noBody()));
        assertProblem(forged, 403, "CSRF");
        HttpResponse<String> asked = send(
                browser,
                service.request(RUN_PATH + "/join-requests", null)
                        .header("X-XSRF-TOKEN", cookie(cookies, "XSRF-TOKEN"))
                        .POST(BodyPublishers.noBody()));
        assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);

        PeerIdentity identity = PeerIdentity.create();
        HttpResponse<String> waiting = service.askForToken("bob", identity, "trainer");
        assertThat(waiting.statusCode()).isEqualTo(202);
        assertThat(json(waiting).path("state").asString()).isEqualTo("pending");
        assertThat(json(waiting).path("message").asString()).contains("moderator", "bob");

        JsonNode pending = json(service.get(RUN_PATH + "/join-requests?state=pending", "ada"));
        assertThat(pending.valueStream().map(each -> each.path("account").asString()))
                .contains("bob");
        service.approve("bob");

        HttpResponse<String> granted = service.askForToken("bob", identity, "trainer", "inference");
        assertThat(granted.statusCode()).as(granted.body()).isEqualTo(200);
        assertThat(granted.headers().firstValue("Cache-Control")).contains("no-store");
        JsonNode reply = json(granted);
        TrustedAuthority authority = TrustedAuthority.ofJwks(
                reply.path("issuer").asString(), reply.path("jwks").toString());
        AccessToken token = new TokenVerifier(() -> authority, RUN, service::now)
                .verify(reply.path("token").asString());
        assertThat(token.accountName()).isEqualTo("bob");
        assertThat(token.accountId()).matches("[0-9a-f]{24}");
        assertThat(token.roles()).containsExactlyInAnyOrder(Role.TRAINER, Role.INFERENCE);
        assertThat(token.peer()).isEqualTo(identity.id());
        token.requireCertificate(Certificates.thumbprint(identity.certificate()));
        assertThat(Duration.between(token.issuedAt(), token.expiresAt())).isEqualTo(Duration.ofHours(24));
        assertThat(reply.path("run").path("run").asString()).isEqualTo(RUN);
        assertThat(reply.path("run").path("averaging").path("roundTimeout").asString())
                .isEqualTo("PT30S");
        assertThat(reply.path("run").path("taskSettings").path("width").asString())
                .isEqualTo("128");
        assertThat(reply.path("entryPoints").get(0).asString()).isEqualTo("127.0.0.1:7000");
        assertThat(service.get("/.well-known/jwks.json", null).body())
                .isEqualTo(service.get("/oauth2/jwks", null).body());
        assertThat(JSON.readTree(service.get("/oauth2/jwks", null).body())).isEqualTo(reply.path("jwks"));
        assertThat(reply.path("jwks").toString()).doesNotContain("\"d\":");
        assertThat(jdbc().queryForObject(
                                "SELECT count(*) FROM issued_token WHERE token_id = ?", Long.class, token.tokenId()))
                .isEqualTo(1);
    }

    @Test
    void loggingOutEndsTheSession() {
        CookieManager cookies = new CookieManager();
        HttpClient browser = RunningAuthService.browser(cookies);
        logIn(browser, "cleo");
        get(browser, "/api/v1/me");
        send(
                browser,
                service.request("/logout", null)
                        .header("X-XSRF-TOKEN", cookie(cookies, "XSRF-TOKEN"))
                        .POST(BodyPublishers.noBody()));
        assertThat(json(get(browser, "/api/v1/me")).path("account").isNull()).isTrue();
    }

    @Test
    void aDeniedLoginComesBackToThePage() {
        HttpClient browser = RunningAuthService.browser(new CookieManager());
        HttpResponse<String> back = logIn(browser, null);
        assertThat(back.headers().firstValue("Location").orElseThrow()).endsWith("/?login=denied");
    }

    @Test
    void aHubThatHangsDuringTheLoginDoesNotHoldThePerson() {
        service.hubFault("{\"path\":\"/oauth/token\",\"kind\":\"DELAY\",\"delayMillis\":60000}");
        HttpResponse<String> back = logIn(RunningAuthService.browser(new CookieManager()), "dan");
        assertThat(back.headers().firstValue("Location").orElseThrow()).endsWith("/?login=unconfirmed");
    }

    @Test
    void whoeverHoldsAnOfficeWaitsForNobody() {
        assertThat(service.askForToken("max", PeerIdentity.create(), "auxiliary")
                        .statusCode())
                .isEqualTo(200);
        assertThat(service.askForToken("otto", PeerIdentity.create(), "trainer").statusCode())
                .isEqualTo(200);
    }

    @Test
    void auxiliaryPeersAreForThoseWhoWereChosen() {
        service.approve("dan");
        assertProblem(service.askForToken("dan", PeerIdentity.create(), "trainer", "auxiliary"), 403, "auxiliary");
        assertProblem(service.askForToken("dan", PeerIdentity.create(), "boss"), 400, "trainer, auxiliary, inference");
    }

    @Test
    void aRefusedPersonLearnsWhy() {
        service.post(RUN_PATH + "/join-requests", "eve", "");
        long id = service.requestId("eve");
        assertProblem(service.post(RUN_PATH + "/join-requests/" + id + "/refuse", "ada", "{}"), 400, "reason");
        assertProblem(
                service.post(RUN_PATH + "/join-requests/" + id + "/refuse", "ada", "{\"reson\":\"x\"}"), 400, "reson");
        HttpResponse<String> refused = service.post(
                RUN_PATH + "/join-requests/" + id + "/refuse", "ada", "{\"reason\":\"Sent garbage before\"}");
        assertThat(json(refused).path("decidedBy").asString()).isEqualTo("ada");

        assertProblem(service.askForToken("eve", PeerIdentity.create(), "trainer"), 403, "Sent garbage before");
        assertThat(json(service.get(RUN_PATH + "/join-requests/me", "eve"))
                        .path("reason")
                        .asString())
                .isEqualTo("Sent garbage before");
    }

    @Test
    void onlyModeratorsDecideAndOnlyOperatorsGiveOrders() {
        service.post(RUN_PATH + "/join-requests", "finn", "");
        String request = RUN_PATH + "/join-requests/" + service.requestId("finn");
        assertProblem(service.post(request + "/approve", "finn", ""), 403, "no moderator");
        assertProblem(service.post(request + "/approve", "otto", ""), 403, "no moderator");
        assertProblem(service.get(RUN_PATH + "/join-requests?state=pending", "finn"), 403, "no moderator");
        assertProblem(service.post(RUN_PATH + "/orders", "ada", rollback(1)), 403, "no operator");
        assertProblem(service.post(request.replace(RUN, "demo/other") + "/approve", "ada", ""), 403, "no moderator");
        assertThat(json(service.get(RUN_PATH + "/join-requests/me", "finn"))
                        .path("state")
                        .asString())
                .isEqualTo("pending");
    }

    @Test
    void aProofMustBeByThisKeyForThisCertificateAndRunNowAndNew() {
        service.approve("gina");
        PeerIdentity identity = PeerIdentity.create();
        PeerIdentity other = PeerIdentity.create();
        assertProblem(ask("gina", tokenRequest(identity, service.proof(other))), 403, "proof");
        assertProblem(
                ask("gina", tokenRequest(identity, PeerProof.create(identity, "demo/other", service.now()))),
                403,
                "proof");
        assertProblem(
                ask(
                        "gina",
                        tokenRequest(
                                identity,
                                PeerProof.create(identity, RUN, service.now().minusSeconds(600)))),
                403,
                "clock");
        String good = tokenRequest(identity, service.proof(identity));
        assertThat(ask("gina", good).statusCode()).isEqualTo(200);
        assertProblem(ask("gina", good), 403, "used before");
        service.approve("hal");
        assertProblem(service.askForToken("hal", identity, "trainer"), 409, "belongs to another account");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                                             | Unexpected end-of-input",
                "[]                                            | from Array",
                "{}                                            | ed25519PublicKey",
                "{\"ed25519PublicKey\":\"AAAA\"}               | ed25519PublicKey must be 32 bytes",
                "{\"ed25519PublicKey\":\"?\"}                  | base64",
            })
    void malformedBodiesAreProblemsThatNameTheField(String body, String detail) {
        assertProblem(ask("gina", body), 400, detail);
    }

    @Test
    void aCertificateThatIsNoneIsRefused() {
        PeerIdentity identity = PeerIdentity.create();
        String body = tokenRequest(identity, service.proof(identity));
        String certificate = JSON.readTree(body).path("certificate").asString();
        assertProblem(ask("gina", body.replace(certificate, "AAAA")), 400, "X.509");
    }

    @Test
    void unknownRunsAndMethodsAreProblems() {
        assertProblem(service.get("/api/v1/runs/demo/nothing", null), 404, "demo/nothing");
        assertProblem(service.post("/api/v1/runs/demo/nothing/join-requests", "bob", ""), 404, "demo/nothing");
        assertProblem(service.get(RUN_PATH + "/join-requests?state=odd", "ada"), 400, "odd");
        assertProblem(service.post(RUN_PATH + "/join-requests/x/approve", "ada", ""), 400, "id");
        assertProblem(service.get(RUN_PATH + "/tokens", "ada"), 405, "GET");
    }

    @Test
    void whoIsNobodyIsNotLetIn() {
        assertProblem(service.post(RUN_PATH + "/join-requests", null, ""), 403, "CSRF");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", null), 401, "Log in");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "stranger"), 401, "does not know this token");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "birds"), 401, "no person");
        HttpResponse<String> oauth = service.send(
                service.request(RUN_PATH + "/join-requests/me", null).header("Authorization", "Bearer hf_oauth_abc"));
        assertProblem(oauth, 401, "not a Hugging Face user access token");
    }

    @Test
    void whileTheHubLimitsNobodyIsLetInAndItIsLeftAlone() {
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"STATUS\",\"status\":429,\"retryAfterSeconds\":20}");
        HttpResponse<String> limited = service.get(RUN_PATH + "/join-requests/me", "iris");
        assertProblem(limited, 503, "limits");
        assertThat(limited.headers().firstValueAsLong("Retry-After").orElseThrow())
                .isBetween(1L, 21L);
        // The fault is used up, but the hub asked for quiet.
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "iris"), 503, "limits");
        service.pass(Duration.ofSeconds(22));
        assertThat(service.get(RUN_PATH + "/join-requests/me", "iris").statusCode())
                .isEqualTo(200);
    }

    @Test
    void aBrokenOrSlowHubLetsNobodyIn() {
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"HTML\"}");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "jan"), 503, "502");
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"HTML\",\"status\":200}");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "jan"), 503, "no usable answer");
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"DELAY\",\"delayMillis\":20000}");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "jan"), 503, "does not answer");
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"TRICKLE\",\"delayMillis\":60000}");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "jan"), 503, "does not answer");
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"DROP\"}");
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "jan"), 503, "does not answer");
        assertThat(service.get(RUN_PATH + "/join-requests/me", "jan").statusCode())
                .isEqualTo(200);
    }

    @Test
    void theHubsAnswerIsBelievedForSomeTime() {
        assertThat(service.get(RUN_PATH + "/join-requests/me", "kim").statusCode())
                .isEqualTo(200);
        service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"HTML\",\"status\":418}");
        assertThat(service.get(RUN_PATH + "/join-requests/me", "kim").statusCode())
                .isEqualTo(200);
        assertProblem(service.get(RUN_PATH + "/join-requests/me", "lea"), 503, "418");
    }

    @Test
    void ordersAreSignedAndNumberedWithoutAGapHoweverManyAreGivenAtOnce() {
        List<JsonNode> given = IntStream.range(0, 8)
                .parallel()
                .mapToObj(epoch -> service.post(RUN_PATH + "/orders", "otto", rollback(epoch)))
                .map(answer -> {
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    return json(answer);
                })
                .toList();
        assertThat(given.stream().map(each -> each.path("number").asLong()))
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, 8).boxed().toList());

        JsonNode reply = json(service.askForToken("otto", PeerIdentity.create()));
        TrustedAuthority authority = TrustedAuthority.ofJwks(
                reply.path("issuer").asString(), reply.path("jwks").toString());
        List<Order.Rollback> orders = reply.path("orders")
                .valueStream()
                .map(each -> SignedOrder.verify(Base64.getDecoder().decode(each.asString()), authority, RUN))
                .map(each -> (Order.Rollback) each.order())
                .toList();
        assertThat(orders).extracting(Order.Rollback::number).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(orders).extracting(Order.Rollback::generation).isSorted().doesNotHaveDuplicates();
        assertThat(orders.get(0).state().digest()).hasToString(DIGEST);
        assertThat(json(service.get(RUN_PATH + "/orders", null)).size()).isEqualTo(8);

        assertProblem(service.post(RUN_PATH + "/orders", "otto", "{\"type\":\"dance\"}"), 400, "dance");
        assertProblem(service.post(RUN_PATH + "/orders", "otto", "{\"type\":\"rollback\"}"), 400, "state");
        assertProblem(
                service.post(RUN_PATH + "/orders", "otto", rollback(1).replace(DIGEST, "xyz")), 400, "64 hexadecimal");
        assertProblem(service.post(RUN_PATH + "/orders", "otto", rollback(-1)), 400, "non-negative");
    }

    @Test
    void whatWasDoneIsWrittenDownForGood() {
        service.approve("mia");
        assertThat(jdbc().queryForObject(
                                "SELECT count(*) FROM audit_event WHERE action = 'join.approve' AND actor LIKE 'ada (%'"
                                        + " AND subject LIKE 'mia (%'",
                                Long.class))
                .isEqualTo(1);
        assertThatThrownBy(() -> jdbc().update("DELETE FROM audit_event")).hasMessageContaining("append-only");
    }

    @Test
    void theServiceTellsWhatAnybodyMayKnow() {
        JsonNode run = json(service.get(RUN_PATH, null));
        assertThat(run.path("description").asString()).isEqualTo("Draws emoji");
        assertThat(run.path("configuration").path("targetBatchSize").asLong()).isEqualTo(256);
        assertThat(service.get("/actuator/health", null).body()).contains("UP");
        assertThat(service.get("/", null)
                        .headers()
                        .firstValue("Content-Security-Policy")
                        .orElseThrow())
                .contains("default-src 'none'");
        assertThat(service.get("/actuator/env", null).statusCode()).isEqualTo(404);
    }

    private static HttpResponse<String> ask(String person, String body) {
        return service.post(RUN_PATH + "/tokens", person, body);
    }

    private static String rollback(long epoch) {
        return "{\"type\":\"rollback\",\"state\":{\"epoch\":%d,\"samples\":100,\"digest\":\"%s\"}}"
                .formatted(epoch, DIGEST);
    }

    private static HttpResponse<String> get(HttpClient browser, String path) {
        return send(browser, service.request(path, null));
    }

    /** Follows the redirects to the hub, picks the account (or denies) and returns the service's answer to the code. */
    private static HttpResponse<String> logIn(HttpClient browser, String account) {
        HttpResponse<String> begun = get(browser, "/oauth2/authorization/huggingface");
        String authorize = begun.headers().firstValue("Location").orElseThrow();
        assertThat(authorize).startsWith(service.hubUrl + "/oauth/authorize").contains("code_challenge_method=S256");
        HttpResponse<String> page = send(browser, HttpRequest.newBuilder(URI.create(authorize)));
        Matcher key = Pattern.compile("name=\"request\" value=\"([^\"]+)\"").matcher(page.body());
        assertThat(key.find()).as(page.body()).isTrue();
        Map<String, String> form =
                account == null ? Map.of("request", key.group(1)) : Map.of("request", key.group(1), "account", account);
        HttpResponse<String> decided = send(
                browser,
                HttpRequest.newBuilder(URI.create(service.hubUrl + "/oauth/authorize"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(RunningAuthService.form(form))));
        return send(
                browser,
                HttpRequest.newBuilder(
                        URI.create(decided.headers().firstValue("Location").orElseThrow())));
    }

    private static String cookie(CookieManager cookies, String name) {
        return cookies.getCookieStore().getCookies().stream()
                .filter(each -> each.getName().equals(name))
                .map(HttpCookie::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static JdbcTemplate jdbc() {
        return service.context.getBean(JdbcTemplate.class);
    }
}
