package org.starling.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.hub.RunningHub.bearer;
import static org.starling.hub.RunningHub.encode;
import static org.starling.hub.RunningHub.json;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

@NullUnmarked
class LoginTest {

    private static final String CALLBACK = "http://127.0.0.1:4711/callback";
    private static final String VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123456789";

    @TempDir
    static Path data;

    private static RunningHub hub;

    @BeforeAll
    static void start() {
        hub = new RunningHub(data);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void discoveryNamesEveryEndpoint() {
        JsonNode metadata = json(hub.get("/.well-known/openid-configuration"));
        assertThat(metadata.path("issuer").asString()).isEqualTo(hub.url);
        assertThat(metadata.path("token_endpoint").asString()).isEqualTo(hub.url + "/oauth/token");
        assertThat(metadata.path("code_challenge_methods_supported").get(0).asString())
                .isEqualTo("S256");
    }

    @Test
    void aPublicApplicationLogsInWithPkceAndGetsAnIdentityTokenThatItsKeysVerify() throws Exception {
        Map<String, String> redirect = decide(
                authorize(
                        "notebook",
                        CALLBACK,
                        "&scope=openid%20profile%20read-memberships&state=a%26b&nonce=n1" + challenge()),
                "ada");
        assertThat(redirect).containsEntry("state", "a&b").containsKey("code");

        JsonNode tokens = json(redeem(redirect.get("code"), VERIFIER));

        assertThat(tokens.path("access_token").asString()).startsWith("hf_oauth_");
        assertThat(tokens.path("expires_in").asInt()).isEqualTo(28800);
        SignedJWT idToken = SignedJWT.parse(tokens.path("id_token").asString());
        JWKSet keys = JWKSet.parse(hub.get("/oauth/jwks").body());
        assertThat(idToken.verify(new RSASSAVerifier(
                        keys.getKeyByKeyId(idToken.getHeader().getKeyID()).toRSAKey())))
                .isTrue();
        assertThat(idToken.getJWTClaimsSet().getIssuer()).isEqualTo(hub.url);
        assertThat(idToken.getJWTClaimsSet().getAudience()).containsExactly("notebook");
        assertThat(idToken.getJWTClaimsSet().getClaims()).containsEntry("nonce", "n1");

        JsonNode user = json(hub.get(
                "/oauth/userinfo",
                "Authorization",
                bearer(tokens.path("access_token").asString())));
        assertThat(user.path("sub").asString())
                .isEqualTo(idToken.getJWTClaimsSet().getSubject());
        assertThat(user.path("preferred_username").asString()).isEqualTo("ada");
        assertThat(user.path("orgs").get(0).path("roleInOrg").asString()).isEqualTo("admin");
        JsonNode who = json(hub.get(
                "/api/whoami-v2",
                "Authorization",
                bearer(tokens.path("access_token").asString())));
        assertThat(who.path("id").asString()).isEqualTo(user.path("sub").asString());
    }

    @Test
    void aCodeIsGoodOnceAndASecondUseEndsItsTokens() {
        String code = login();
        String token = json(redeem(code, VERIFIER)).path("access_token").asString();

        HttpResponse<String> again = redeem(code, VERIFIER);

        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(json(again).path("error").asString()).isEqualTo("invalid_grant");
        assertThat(hub.get("/oauth/userinfo", "Authorization", bearer(token)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void aWrongVerifierIsRefused() {
        HttpResponse<String> answer = redeem(login(), VERIFIER + "x");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("invalid_grant", "code_verifier");
    }

    @Test
    void aCodeExpires() {
        String code = login();
        hub.pass(Duration.ofMinutes(11));
        assertThat(redeem(code, VERIFIER).body()).contains("invalid_grant");
    }

    @Test
    void denyingSendsTheBrowserBackWithTheReason() {
        Map<String, String> redirect = decide(authorize("notebook", CALLBACK, "&state=s" + challenge()), null);
        assertThat(redirect).containsEntry("error", "access_denied").containsEntry("state", "s");
    }

    @Test
    void anAddressThatIsNotRegisteredIsNeverRedirectedTo() {
        for (String uri : new String[] {
            "http://evil.example/callback",
            "http://localhost:4711/callback",
            CALLBACK + "/more",
            "https://127.0.0.1/callback"
        }) {
            HttpResponse<String> answer = authorize("notebook", uri, challenge());
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.headers().firstValue("Location")).isEmpty();
        }
        assertThat(authorize("nobody", CALLBACK, challenge()).statusCode()).isEqualTo(400);
    }

    @Test
    void aPublicApplicationMustUsePkce() {
        HttpResponse<String> answer = authorize("notebook", CALLBACK, "");
        assertThat(answer.headers().firstValue("Location").orElseThrow()).contains("error=invalid_request");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "&scope=openid%20rule-the-world                                   | invalid_scope | rule-the-world",
                "&code_challenge=short&code_challenge_method=S256                 | invalid_request | 43 characters",
                "&code_challenge_method=plain&code_challenge=abc                  | invalid_request | S256",
            })
    void whatIsWrongWithARequestComesBackWithItsState(String more, String error, String description) {
        String request = more.contains("code_challenge") ? more : more + challenge();
        HttpResponse<String> answer = authorize("notebook", CALLBACK, "&state=s1" + request);
        assertThat(URLDecoder.decode(answer.headers().firstValue("Location").orElseThrow(), StandardCharsets.UTF_8))
                .startsWith(CALLBACK)
                .contains("error=" + error, description, "state=s1");
    }

    @Test
    void aVerifierThatCannotBeOneIsRefused() {
        assertThat(redeem(login(), "short").body()).contains("invalid_grant", "43 to 128");
    }

    @Test
    void aDeviceMayAskOnlyForScopesThatThereAre() {
        HttpResponse<String> answer =
                hub.postForm("/oauth/device", Map.of("client_id", "notebook", "scope", "openid rule-the-world"));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).path("error").asString()).isEqualTo("invalid_scope");
        assertThat(json(hub.postForm("/oauth/device", Map.of("client_id", "nobody")))
                        .path("error")
                        .asString())
                .isEqualTo("invalid_client");
    }

    @Test
    void aPageInTheMiddleOfPollingDoesNotEndIt() {
        JsonNode codes = askForDevice();
        fault("{\"path\":\"/oauth/token\",\"kind\":\"HTML\",\"times\":1}");
        HttpResponse<String> page = pollResponse(codes);
        assertThat(page.statusCode()).isEqualTo(502);
        assertThat(page.body()).contains("<html");
        assertThat(poll(codes)).isEqualTo("authorization_pending");
    }

    @Test
    void aConfidentialApplicationProvesItself() {
        String basic = "Basic "
                + Base64.getEncoder()
                        .encodeToString(("service:" + encode("s3cret:/ with signs")).getBytes(StandardCharsets.UTF_8));
        Map<String, String> form = Map.of(
                "grant_type", "authorization_code",
                "redirect_uri", "https://service.example/callback");

        Map<String, String> byHeader = with(form, "code", confidentialCode());
        assertThat(hub.postForm("/oauth/token", byHeader, "Authorization", basic)
                        .statusCode())
                .isEqualTo(200);
        Map<String, String> byForm = with(
                with(with(form, "code", confidentialCode()), "client_id", "service"),
                "client_secret",
                "s3cret:/ with signs");
        assertThat(hub.postForm("/oauth/token", byForm).statusCode()).isEqualTo(200);
        Map<String, String> wrong = with(byForm, "client_secret", "guess");
        assertThat(hub.postForm("/oauth/token", wrong).statusCode()).isEqualTo(401);
        Map<String, String> anonymous = with(form, "code", confidentialCode());
        assertThat(hub.postForm("/oauth/token", anonymous).body()).contains("invalid_client");
    }

    @Test
    void refreshTokensRotate() {
        String first = json(redeem(login(), VERIFIER)).path("refresh_token").asString();
        Map<String, String> form =
                Map.of("grant_type", "refresh_token", "refresh_token", first, "client_id", "notebook");

        JsonNode second = json(hub.postForm("/oauth/token", form));

        assertThat(second.path("access_token").asString()).startsWith("hf_oauth_");
        assertThat(second.path("refresh_token").asString()).isNotEqualTo(first);
        assertThat(hub.postForm("/oauth/token", form).body()).contains("invalid_grant");
    }

    @Test
    void accessTokensExpire() {
        String token = json(redeem(login(), VERIFIER)).path("access_token").asString();
        hub.pass(Duration.ofHours(9));
        assertThat(hub.get("/api/whoami-v2", "Authorization", bearer(token)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void userInfoRefusesUserAccessTokens() {
        assertThat(hub.get("/oauth/userinfo", "Authorization", bearer(RunningHub.ADA))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void whoAmITellsPeopleFromOrganizationsAndStrangers() {
        JsonNode ada = json(hub.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA)));
        assertThat(ada.path("type").asString()).isEqualTo("user");
        assertThat(ada.path("id").asString()).matches("[0-9a-f]{24}");
        assertThat(ada.path("orgs").get(0).path("roleInOrg").asString()).isEqualTo("admin");
        assertThat(json(hub.get("/api/whoami-v2", "Authorization", bearer(RunningHub.BIRDS)))
                        .path("type")
                        .asString())
                .isEqualTo("org");
        assertThat(json(hub.get("/api/whoami-v2", "Authorization", bearer(RunningHub.NOTEBOOK)))
                        .path("type")
                        .asString())
                .isEqualTo("app");
        assertThat(hub.get("/api/whoami-v2").statusCode()).isEqualTo(401);
        assertThat(hub.get("/api/whoami-v2", "Authorization", "Bearer hf_guess").statusCode())
                .isEqualTo(401);
    }

    @Test
    void anybodyMayKnowHowOldAnAccountIsAndTheHardwareThatItShows() {
        JsonNode ada = json(hub.get("/api/users/ada/overview"));
        assertThat(ada.path("createdAt").asString()).isEqualTo("2019-03-01T12:00:00Z");
        assertThat(ada.path("orgs").get(0).path("name").asString()).isEqualTo("birds");
        assertThat(ada.path("hardwareItems").get(0).path("sku").toString())
                .isEqualTo("[\"gpu\",\"NVIDIA\",\"RTX 3090\"]");
        assertThat(ada.path("hardwareItems").get(0).path("num").asInt()).isEqualTo(2);
        assertThat(json(hub.get("/api/users/bob/overview")).has("hardwareItems"))
                .isFalse();
        assertThat(hub.get("/api/users/nobody/overview").statusCode()).isEqualTo(404);
    }

    @Test
    void theHubCanBeAskedToBeBusyBrokenOrSilly() {
        fault("{\"path\":\"/api/whoami-v2\",\"kind\":\"NONSENSE\"}");
        HttpResponse<String> silly = hub.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA));
        assertThat(silly.statusCode()).isEqualTo(200);
        assertThat(json(silly).has("type")).isFalse();
        fault("{\"path\":\"/api/whoami-v2\",\"kind\":\"TRICKLE\",\"delayMillis\":500}");
        assertThat(hub.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA))
                        .body())
                .isBlank()
                .isNotEmpty();
        fault("{\"path\":\"/oauth/token\",\"kind\":\"HTML\",\"status\":502}");
        JsonNode codes = askForDevice();
        assertThat(pollResponse(codes).body()).contains("<html>");
        assertThat(poll(codes)).as("after the page").isEqualTo("authorization_pending");
    }

    @Test
    void whoAmIIsLimitedForEachToken(@TempDir Path folder) {
        try (RunningHub strict = new RunningHub(folder, "--hub.who-am-i-per-minute=2")) {
            for (int i = 0; i < 2; i++) {
                assertThat(strict.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA))
                                .statusCode())
                        .isEqualTo(200);
            }
            HttpResponse<String> busy = strict.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA));
            assertThat(busy.statusCode()).isEqualTo(429);
            assertThat(busy.headers().firstValue("RateLimit").orElseThrow())
                    .contains("t=")
                    .doesNotContain("r=0");
            assertThat(strict.get("/api/whoami-v2", "Authorization", bearer(RunningHub.BOB))
                            .statusCode())
                    .as("another's token")
                    .isEqualTo(200);
            strict.pass(Duration.ofMinutes(1));
            assertThat(strict.get("/api/whoami-v2", "Authorization", bearer(RunningHub.ADA))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    private static void fault(String fault) {
        assertThat(hub.postJson("/_hub/faults", fault).statusCode()).isEqualTo(204);
    }

    @Test
    void aDevicePollsUntilAPersonDecides() {
        JsonNode codes = askForDevice();
        assertThat(codes.has("interval")).isFalse();
        assertThat(codes.path("user_code").asString()).matches("[A-Z]{4}-[A-Z]{4}");

        assertThat(poll(codes)).isEqualTo("authorization_pending");
        assertThat(poll(codes)).isEqualTo("slow_down");
        hub.pass(Duration.ofSeconds(11));
        assertThat(poll(codes)).isEqualTo("authorization_pending");

        assertThat(hub.postForm(
                                "/oauth/device/decide",
                                Map.of("user_code", codes.path("user_code").asString(), "account", "bob"))
                        .statusCode())
                .isEqualTo(200);
        JsonNode tokens = json(pollResponse(codes));
        assertThat(json(hub.get(
                                "/api/whoami-v2",
                                "Authorization",
                                bearer(tokens.path("access_token").asString())))
                        .path("name")
                        .asString())
                .isEqualTo("bob");
        assertThat(poll(codes)).isEqualTo("invalid_grant");
    }

    @Test
    void aDeviceIsDeniedOrTooLate() {
        JsonNode denied = askForDevice();
        hub.postForm(
                "/oauth/device/decide",
                Map.of("user_code", denied.path("user_code").asString()));
        assertThat(poll(denied)).isEqualTo("access_denied");

        JsonNode late = askForDevice();
        hub.pass(Duration.ofMinutes(16));
        assertThat(poll(late)).isEqualTo("expired_token");
        assertThat(hub.postForm(
                                "/oauth/device/decide",
                                Map.of("user_code", late.path("user_code").asString(), "account", "bob"))
                        .statusCode())
                .isEqualTo(400);
    }

    private static JsonNode askForDevice() {
        return json(hub.postForm("/oauth/device", Map.of("client_id", "notebook", "scope", "openid profile")));
    }

    private static HttpResponse<String> pollResponse(JsonNode codes) {
        return hub.postForm(
                "/oauth/token",
                Map.of(
                        "grant_type", "urn:ietf:params:oauth:grant-type:device_code",
                        "device_code", codes.path("device_code").asString(),
                        "client_id", "notebook"));
    }

    private static String poll(JsonNode codes) {
        return json(pollResponse(codes)).path("error").asString("");
    }

    private static String login() {
        return decide(authorize("notebook", CALLBACK, "&scope=openid" + challenge()), "ada")
                .get("code");
    }

    private static String confidentialCode() {
        return decide(authorize("service", "https://service.example/callback", "&scope=openid"), "ada")
                .get("code");
    }

    private static HttpResponse<String> authorize(String client, String redirectUri, String more) {
        return hub.get("/oauth/authorize?response_type=code&client_id=" + client + "&redirect_uri="
                + encode(redirectUri) + more);
    }

    /** Presses a button of the page; null denies. */
    private static Map<String, String> decide(HttpResponse<String> page, String account) {
        Matcher key = Pattern.compile("name=\"request\" value=\"([^\"]+)\"").matcher(page.body());
        assertThat(key.find()).as(page.body()).isTrue();
        Map<String, String> form = new HashMap<>(Map.of("request", key.group(1)));
        if (account != null) {
            form.put("account", account);
        }
        HttpResponse<String> answer = hub.postForm("/oauth/authorize", form);
        assertThat(answer.statusCode()).isEqualTo(302);
        String query = URI.create(answer.headers().firstValue("Location").orElseThrow())
                .getRawQuery();
        return Arrays.stream(query.split("&"))
                .map(each -> each.split("=", 2))
                .collect(Collectors.toMap(each -> each[0], each -> URLDecoder.decode(each[1], StandardCharsets.UTF_8)));
    }

    private static HttpResponse<String> redeem(String code, String verifier) {
        return hub.postForm(
                "/oauth/token",
                Map.of(
                        "grant_type", "authorization_code",
                        "code", code,
                        "redirect_uri", CALLBACK,
                        "code_verifier", verifier));
    }

    private static String challenge() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(VERIFIER.getBytes(StandardCharsets.US_ASCII));
            return "&code_challenge_method=S256&code_challenge="
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, String> with(Map<String, String> form, String name, String value) {
        Map<String, String> copy = new HashMap<>(form);
        copy.put(name, value);
        return copy;
    }
}
