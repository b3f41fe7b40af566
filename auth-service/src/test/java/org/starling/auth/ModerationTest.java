package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.databind.JsonNode;

@NullUnmarked
class ModerationTest {

    @TempDir
    static Path folder;

    private static RunningAuthService service;
    private static HttpServer metrics;
    private static volatile List<JsonNode> contributions = List.of();

    @BeforeAll
    static void start() throws Exception {
        metrics = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        metrics.createContext("/api/v1/contributions", exchange -> {
            // As the metrics service does: of whom it is asked about, and of nobody else.
            String asked = exchange.getRequestURI().getRawQuery();
            byte[] body = contributions.stream()
                    .filter(each ->
                            asked.contains("account=" + each.path("account").asString()))
                    .toList()
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        metrics.start();
        service = new RunningAuthService(folder);
        service.context.close();
        service.start("--starling.auth.runs[0].metrics=http://127.0.0.1:"
                + metrics.getAddress().getPort());
    }

    @AfterAll
    static void stop() {
        service.close();
        metrics.stop(0);
    }

    @Test
    void aModeratorSeesWhatIsKnownOfWhoAsks() {
        service.post(RUN_PATH + "/join-requests", "pia", "");
        await().untilAsserted(() -> {
            JsonNode person = request("pia").path("person");
            assertThat(person.path("hubSince").asString()).isEqualTo("2021-02-03T04:05:06Z");
            assertThat(person.path("organizations").get(0).path("organization").asString())
                    .isEqualTo("birds");
            assertThat(person.path("organizations").get(0).path("role").asString())
                    .isEqualTo("contributor");
            assertThat(person.path("hardware").get(0).path("model").asString()).isEqualTo("RTX 3090");
            assertThat(person.path("hardware").get(0).path("count").asInt()).isEqualTo(2);
        });
        assertThat(json(service.get(RUN_PATH + "/join-requests/me", "pia")).has("person"))
                .isFalse();
    }

    @Test
    void aHubThatDoesNotTellTheProfileDelaysNobody() {
        service.hubFault("{\"path\":\"/api/users/ron/overview\",\"kind\":\"HTML\"}");
        assertThat(service.post(RUN_PATH + "/join-requests", "ron", "").statusCode())
                .isEqualTo(202);
        assertThat(request("ron").path("person").path("name").asString()).isEqualTo("ron");
    }

    @Test
    void aRuleAdmitsMembersWithTheRoleAndNobodyElse() {
        service.post(RUN_PATH + "/join-requests", "nia", "");
        service.post(RUN_PATH + "/join-requests", "oda", "");
        HttpResponse<String> made = service.post(
                RUN_PATH + "/admission-rules", "ada", "{\"organization\":\"birds\",\"minimumRole\":\"write\"}");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);

        JsonNode admitted = json(service.get(RUN_PATH + "/join-requests/me", "nia"));
        assertThat(admitted.path("state").asString()).isEqualTo("approved");
        assertThat(admitted.path("rule").asString()).isEqualTo("member of birds with the role write or more");
        assertThat(json(service.post(RUN_PATH + "/join-requests", "oda", ""))
                        .path("state")
                        .asString())
                .isEqualTo("pending");
        assertThat(json(service.post(RUN_PATH + "/join-requests", "bob", ""))
                        .path("state")
                        .asString())
                .isEqualTo("pending");

        assertThat(service.post(
                                RUN_PATH + "/admission-rules",
                                "ada",
                                "{\"organization\":\"Birds\",\"minimumRole\":\"read\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(json(service.get(RUN_PATH + "/join-requests/me", "oda"))
                        .path("state")
                        .asString())
                .isEqualTo("approved");
        JsonNode rules = json(service.get(RUN_PATH + "/admission-rules", "ada"));
        assertThat(rules.size()).as("one rule for an organization").isEqualTo(1);

        assertThat(service.delete(
                                RUN_PATH + "/admission-rules/"
                                        + rules.get(0).path("id").asLong(),
                                "ada")
                        .statusCode())
                .isEqualTo(204);
        assertThat(json(service.get(RUN_PATH + "/admission-rules", "ada")).size())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"organization\":\"birds\"}                               | minimumRole must be read",
                "{\"organization\":\"birds\",\"minimumRole\":\"no_access\"} | not 'no_access'",
                "{\"minimumRole\":\"read\"}                                 | organization must be",
            })
    void aRuleThatSaysNothingIsRefused(String body, String detail) {
        assertProblem(service.post(RUN_PATH + "/admission-rules", "ada", body), 400, detail);
    }

    @Test
    void aBannedAccountGetsNoTokenAndTheSwarmAnOrderUntilTheBanIsLifted() {
        service.approve("cleo");
        PeerIdentity identity = PeerIdentity.create();
        assertThat(service.askForToken("cleo", identity).statusCode()).isEqualTo(200);

        HttpResponse<String> given = service.post(RUN_PATH + "/bans", "ada", ban("account", "cleo"));
        assertThat(given.statusCode()).as(given.body()).isEqualTo(201);
        Order.Ban order = (Order.Ban) order(given);
        assertThat(order.subject())
                .isEqualTo(
                        new Order.Subject.Account(json(given).path("accountId").asString()));
        assertThat(order.reason()).isEqualTo("Sent garbage");
        assertProblem(service.askForToken("cleo", identity), 403, "cleo is banned from " + RUN + ": Sent garbage");
        assertThat(json(service.get(RUN_PATH + "/join-requests/me", "cleo"))
                        .path("banned")
                        .asString())
                .isEqualTo("Sent garbage");

        long id = json(given).path("id").asLong();
        assertProblem(service.post(RUN_PATH + "/bans/" + id + "/lift", "ada", "{}"), 400, "reason");
        HttpResponse<String> lifted =
                service.post(RUN_PATH + "/bans/" + id + "/lift", "ada", "{\"reason\":\"It was a defect\"}");
        assertThat(lifted.statusCode()).as(lifted.body()).isEqualTo(200);
        Order.Unban unban = (Order.Unban) order(lifted);
        assertThat(unban.subject()).isEqualTo(order.subject());
        assertThat(unban.number()).isGreaterThan(order.number());
        assertThat(service.askForToken("cleo", identity).statusCode()).isEqualTo(200);
        assertThat(json(service.get(RUN_PATH + "/bans", "ada"))
                        .valueStream()
                        .filter(each -> each.path("id").asLong() == id)
                        .map(each -> each.path("liftReason").asString()))
                .containsExactly("It was a defect");
    }

    @Test
    void oneKeyIsBannedAndTheAccountGoesOn() {
        service.approve("dan");
        PeerIdentity banned = PeerIdentity.create();
        service.askForToken("dan", banned);
        HttpResponse<String> given =
                service.post(RUN_PATH + "/bans", "ada", ban("peer", banned.id().toString()));
        assertThat(((Order.Ban) order(given)).subject()).isEqualTo(new Order.Subject.Peer(banned.id()));

        assertProblem(service.askForToken("dan", banned), 403, "This peer is banned");
        assertThat(service.askForToken("dan", PeerIdentity.create()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void banningTwiceIsBanningOnceHoweverManyDoItAtOnce() {
        service.approve("eve");
        assertThat(IntStream.range(0, 6)
                        .parallel()
                        .mapToObj(i -> service.post(RUN_PATH + "/bans", "ada", ban("account", "eve")))
                        .map(answer -> {
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
                            return json(answer).path("orderNumber").asLong();
                        })
                        .distinct())
                .hasSize(1);
    }

    @Test
    void aBanNamesSomebodyAndSparesThoseInOffice() {
        assertProblem(service.post(RUN_PATH + "/bans", "ada", ban("account", "otto")), 404, "otto");
        service.get("/api/v1/me", "otto");
        assertProblem(service.post(RUN_PATH + "/bans", "ada", ban("account", "otto")), 409, "holds an office");
        PeerIdentity auxiliary = PeerIdentity.create();
        assertThat(service.askForToken("max", auxiliary).statusCode()).isEqualTo(200);
        assertProblem(
                service.post(
                        RUN_PATH + "/bans", "ada", ban("peer", auxiliary.id().toString())),
                409,
                "max holds an office");
        assertProblem(service.post(RUN_PATH + "/bans", "ada", ban("account", "nobody")), 404, "nobody");
        assertProblem(
                service.post(RUN_PATH + "/bans", "ada", "{\"account\":\"bob\",\"reason\":\"a\\u0000b\"}"),
                400,
                "cannot be kept");
        assertProblem(service.post(RUN_PATH + "/bans", "ada", ban("peer", "abc")), 400, "64 hexadecimal digits");
        assertProblem(
                service.post(RUN_PATH + "/bans", "ada", "{\"reason\":\"x\"}"), 400, "which account or which peer");
        assertProblem(service.post(RUN_PATH + "/bans", "bob", ban("account", "ada")), 403, "no moderator");
        assertProblem(service.post(RUN_PATH + "/bans/99999/lift", "ada", "{\"reason\":\"x\"}"), 404, "no ban 99999");
    }

    @Test
    void aModeratorSeesKeysLastUseAndContribution() {
        service.approve("finn");
        PeerIdentity identity = PeerIdentity.create();
        JsonNode before = json(service.get(RUN_PATH + "/accounts/finn", "ada"));
        assertThat(before.path("account").has("lastUse")).isFalse();
        String id = before.path("account").path("id").asString();
        contributions = List.of(RunningAuthService.JSON.readTree(
                "{\"account\":\"%s\",\"name\":\"finn\",\"samples\":4711,\"epochs\":12}".formatted(id)));
        service.askForToken("finn", identity, "trainer", "inference");

        JsonNode after = json(service.get(RUN_PATH + "/accounts/finn", "ada"));
        JsonNode key = after.path("keys").get(0);
        assertThat(key.path("peer").asString()).isEqualTo(identity.id().toString());
        assertThat(key.path("roles").get(1).asString()).isEqualTo("trainer");
        assertThat(after.path("account").path("lastUse")).isEqualTo(key.path("lastUse"));
        assertThat(after.path("account").path("keys").asInt()).isEqualTo(1);
        // the metrics service's last answer is good for ten seconds
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(json(service.get(RUN_PATH + "/accounts", "ada"))
                                .valueStream()
                                .filter(each -> each.path("id").asString().equals(id))
                                .map(each -> each.path("contribution")
                                        .path("samples")
                                        .asLong()))
                        .containsExactly(4711L));
        assertProblem(service.get(RUN_PATH + "/accounts/nobody", "ada"), 404, "nobody");
        assertProblem(service.get(RUN_PATH + "/accounts", "finn"), 403, "no moderator");
    }

    private static JsonNode request(String person) {
        return json(service.get(RUN_PATH + "/join-requests", "ada"))
                .valueStream()
                .filter(each -> each.path("account").asString().equals(person))
                .findFirst()
                .orElseThrow();
    }

    private static String ban(String what, String whom) {
        return "{\"%s\":\"%s\",\"reason\":\"Sent garbage\"}".formatted(what, whom);
    }

    private static Order order(HttpResponse<String> answer) {
        TrustedAuthority authority = TrustedAuthority.ofJwks(
                json(service.get(RUN_PATH, null)).path("issuer").asString(),
                service.get("/oauth2/jwks", null).body());
        return SignedOrder.verify(
                        Base64.getDecoder().decode(json(answer).path("order").asString()), authority, RUN)
                .order();
    }
}
