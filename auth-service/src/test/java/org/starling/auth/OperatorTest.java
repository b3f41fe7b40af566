package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.orders.CurrentAuthority;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.databind.JsonNode;

@NullUnmarked
class OperatorTest extends WithAuthService {

    @Test
    void anOperatorMakesARunNamesModeratorsAndTheRunTakesPeersIn() {
        String wanted = """
                {"run": "birds/songs", "description": "Sings", "task": "emoji", "taskSettings": {"width": "64"},
                 "targetBatchSize": 512, "averaging": {"codec": "float16"}, "entryPoints": ["127.0.0.1:7100"]}""";
        assertProblem(service.post("/api/v1/runs", "otto", wanted), 403, "does not operate this service");
        HttpResponse<String> made = service.post("/api/v1/runs", "olga", wanted);
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertProblem(service.post("/api/v1/runs", "olga", wanted), 409, "already");
        String path = "/api/v1/runs/birds/songs";
        assertThat(json(service.get(path, null)).path("settings").path("codec").asString())
                .isEqualTo("float16");

        assertProblem(service.send("PUT", path + "/officials/moderator/lea", "olga", ""), 404, "lea");
        service.get("/api/v1/me", "lea");
        assertThat(service.send("PUT", path + "/officials/moderator/lea", "olga", "")
                        .statusCode())
                .isEqualTo(204);
        assertThat(json(service.get("/api/v1/me", "lea"))
                        .path("moderates")
                        .get(0)
                        .asString())
                .isEqualTo("birds/songs");
        service.post(path + "/join-requests", "mia", "");
        long request =
                json(service.get(path + "/join-requests/me", "mia")).path("id").asLong();
        assertThat(service.post(path + "/join-requests/" + request + "/approve", "lea", "")
                        .statusCode())
                .isEqualTo(200);

        assertThat(service.delete(path + "/officials/moderator/lea", "olga").statusCode())
                .isEqualTo(204);
        assertProblem(service.get(path + "/join-requests", "lea"), 403, "no moderator");
        assertProblem(service.delete(path + "/officials/operator/olga", "olga"), 409, "only operator");
        assertThat(json(service.get(path + "/officials", "olga")).size()).isEqualTo(1);

        HttpResponse<String> moved =
                service.send("PATCH", path, "olga", "{\"entryPoints\": [\"10.0.0.1:7100\", \"10.0.0.2:7100\"]}");
        assertThat(moved.statusCode()).as(moved.body()).isEqualTo(200);
        JsonNode run = json(service.get(path, null));
        assertThat(run.path("entryPoints").size()).isEqualTo(2);
        assertThat(run.path("description").asString()).isEqualTo("Sings");
    }

    @Test
    void whatTheSettingsSayIsChangedThere() {
        assertProblem(service.send("PATCH", RUN_PATH, "otto", "{\"description\": \"x\"}"), 409, "settings");
        service.get("/api/v1/me", "ada");
        assertProblem(service.delete(RUN_PATH + "/officials/moderator/ada", "otto"), 409, "settings");
        assertProblem(service.send("PUT", RUN_PATH + "/officials/boss/ada", "otto", ""), 400, "moderator, operator");
    }

    @Test
    void whoWasAppointedStaysWhenTheServiceStartsAgain() {
        service.get("/api/v1/me", "kim");
        service.send("PUT", RUN_PATH + "/officials/moderator/kim", "otto", "");
        service.context.close();
        service.start();

        assertThat(service.get(RUN_PATH + "/join-requests", "kim").statusCode()).isEqualTo(200);
        assertThat(json(service.get(RUN_PATH + "/officials", "otto")).toString())
                .contains("\"ada\"", "\"max\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"run\":\"a/b\",\"task\":\"t\",\"targetBatchSize\":0}              | targetBatchSize",
                "{\"run\":\"nonsense\",\"task\":\"t\",\"targetBatchSize\":1}         | organisation/name",
                "{\"run\":\"a/b\",\"task\":\"t\",\"targetBatchSize\":1,\"averaging\":{\"codec\":\"x\"}} | codec",
                "{\"run\":\"a/b\",\"task\":\"t\",\"targetBatchSize\":1,\"entryPoints\":[\"x\"]} | host:port",
                "{\"run\":\"a/b\",\"targetBatchSize\":1}                             | task",
            })
    void aRunThatCannotBeIsRefusedAndTheSettingNamed(String body, String detail) {
        assertProblem(service.post("/api/v1/runs", "olga", body), 400, detail);
    }

    @Test
    void aRunIsPausedResumedAndChangedByOrders() {
        assertProblem(order("otto", "{\"type\":\"pause\"}"), 400, "reason");
        HttpResponse<String> paused = order("otto", "{\"type\":\"pause\",\"reason\":\"Bad data\"}");
        assertThat(verified(paused))
                .isInstanceOfSatisfying(
                        Order.Pause.class, order -> assertThat(order.reason()).isEqualTo("Bad data"));
        assertThat(json(service.get(RUN_PATH, null)).path("paused").asString()).isEqualTo("Bad data");
        assertThat(verified(order("otto", "{\"type\":\"resume\",\"reason\":\"Good data\"}")))
                .isInstanceOf(Order.Resume.class);
        assertThat(json(service.get(RUN_PATH, null)).has("paused")).isFalse();

        HttpResponse<String> changed = order(
                "otto", "{\"type\":\"change\",\"settings\":{\"targetBatchSize\":4096,\"roundTimeout\":\"PT90S\"}}");
        Order.Change change = (Order.Change) verified(changed);
        assertThat(change.settings().targetBatchSize()).isEqualTo(4096);
        assertThat(change.settings().roundTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(change.settings().codec()).as("what is not said stays").isEqualTo("none");
        verified(order("otto", "{\"type\":\"change\",\"settings\":{\"codec\":\"float16\"}}"));
        JsonNode settings = json(service.get(RUN_PATH, null)).path("settings");
        assertThat(settings.path("targetBatchSize").asLong()).isEqualTo(4096);
        assertThat(settings.path("codec").asString()).isEqualTo("float16");
        assertProblem(
                order("otto", "{\"type\":\"change\",\"settings\":{\"codec\":\"telepathy\"}}"), 400, "averaging.codec");
        assertProblem(order("otto", "{\"type\":\"change\"}"), 400, "settings");
        assertProblem(
                order("otto", "{\"type\":\"change\",\"settings\":{\"codec\":\"none\",\"partElements\":7}}"),
                400,
                "settings.partElements cannot be set here; what can: codec, matchmakingWindow, partTimeout, roundTimeout,"
                        + " targetBatchSize");
        assertThat(json(service.get(RUN_PATH, null))
                        .path("settings")
                        .path("codec")
                        .asString())
                .as("an order that cannot be followed in one thing changes nothing")
                .isEqualTo("float16");
        assertProblem(order("ada", "{\"type\":\"pause\",\"reason\":\"x\"}"), 403, "no operator");
    }

    @Test
    void aNewKeySignsPeersFollowByOrdersAndARevokedOneCountsNoMore() {
        PeerIdentity before = PeerIdentity.create();
        JsonNode first = json(service.askForToken("otto", before));
        String issuer = first.path("issuer").asString();
        CurrentAuthority peer = new CurrentAuthority(
                TrustedAuthority.ofJwks(issuer, first.path("jwks").toString()));
        long known = first.path("orders").size();
        TokenVerifier verifier = new TokenVerifier(peer, RUN, service::now);
        AccessToken old = verifier.verify(first.path("token").asString());
        String oldKey = json(service.get("/oauth2/jwks", null))
                .path("keys")
                .get(0)
                .path("kid")
                .asString();

        assertProblem(service.post("/api/v1/authority/keys", "otto", ""), 403, "does not operate");
        HttpResponse<String> rotated = service.post("/api/v1/authority/keys", "olga", "");
        assertThat(rotated.statusCode()).as(rotated.body()).isEqualTo(201);
        JsonNode second = json(service.askForToken("otto", PeerIdentity.create()));
        assertThat(second.path("issuer").asString()).isEqualTo(issuer);
        assertThat(second.path("jwks").path("keys").size()).isEqualTo(2);
        String compact = second.path("token").asString();
        assertThatThrownBy(() -> verifier.verify(compact)).isInstanceOf(CredentialException.class);

        obey(peer, known);
        assertThat(verifier.verify(compact).accountName()).isEqualTo("otto");
        assertThat(verifier.verify(old.compact())).as("good until it expires").isEqualTo(old);

        assertProblem(revoke(json(rotated).path("keyId").asString()), 409, "This key signs");
        assertProblem(revoke("nothing"), 404, "nothing");
        assertThat(revoke(oldKey).statusCode()).isEqualTo(200);
        obey(peer, known);
        assertThatThrownBy(() -> verifier.verify(old.compact()))
                .isInstanceOfSatisfying(
                        CredentialException.class,
                        e -> assertThat(e.reason()).isEqualTo(CredentialException.Reason.UNKNOWN_KEY));
        assertThat(json(service.get("/oauth2/jwks", null)).path("keys").size()).isEqualTo(1);

        JsonNode newcomer = json(service.askForToken("otto", PeerIdentity.create()));
        TrustedAuthority fresh =
                TrustedAuthority.ofJwks(issuer, newcomer.path("jwks").toString());
        assertThat(newcomer.path("orders").valueStream())
                .as("a newcomer who never knew the old key verifies all orders")
                .allSatisfy(each -> SignedOrder.verify(Base64.getDecoder().decode(each.asString()), fresh, RUN));
        assertThat(json(service.get("/api/v1/authority/keys", "olga"))
                        .get(0)
                        .path("revokeReason")
                        .asString())
                .isEqualTo("Stolen");
    }

    @Test
    void whatWasDoneIsReadByOperatorsAndErasedByNobody() {
        service.approve("hal");
        verified(order("otto", "{\"type\":\"resume\",\"reason\":\"so that there is an order\"}"));
        JsonNode deeds = json(service.get(RUN_PATH + "/audit?limit=500", "otto"));
        assertThat(deeds.valueStream().map(each -> each.path("action").asString()))
                .contains("join.approve");
        assertThat(deeds.valueStream().map(each -> each.path("run").asString())).containsOnly(RUN);
        JsonNode newest = json(service.get("/api/v1/audit?limit=1", "olga"));
        assertThat(newest.size()).isEqualTo(1);
        long id = newest.get(0).path("id").asLong();
        assertThat(json(service.get("/api/v1/audit?limit=1&before=" + id, "olga"))
                        .get(0)
                        .path("id")
                        .asLong())
                .isLessThan(id);
        assertProblem(service.get("/api/v1/audit", "otto"), 403, "does not operate");
        assertProblem(service.get(RUN_PATH + "/audit", "ada"), 403, "no operator");
        assertProblem(service.get(RUN_PATH + "/audit?limit=0", "otto"), 400, "limit");

        JdbcTemplate jdbc = service.context.getBean(JdbcTemplate.class);
        for (String erasure : List.of(
                "DELETE FROM audit_event",
                "UPDATE audit_event SET actor = 'nobody'",
                "TRUNCATE audit_event",
                "DELETE FROM issued_order",
                "TRUNCATE issued_order CASCADE")) {
            assertThatThrownBy(() -> jdbc.execute(erasure)).as(erasure).hasMessageContaining("append-only");
        }
    }

    private static HttpResponse<String> order(String person, String body) {
        return service.post(RUN_PATH + "/orders", person, body);
    }

    private static HttpResponse<String> revoke(String keyId) {
        return service.post("/api/v1/authority/keys/" + keyId + "/revoke", "olga", "{\"reason\":\"Stolen\"}");
    }

    private static void obey(CurrentAuthority peer, long after) {
        json(service.get(RUN_PATH + "/orders?after=" + after, null))
                .forEach(each -> peer.obey(SignedOrder.verify(
                                Base64.getDecoder().decode(each.path("order").asString()), peer.get(), RUN)
                        .order()));
    }

    private static Order verified(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        TrustedAuthority authority = TrustedAuthority.ofJwks(
                json(service.get(RUN_PATH, null)).path("issuer").asString(),
                service.get("/oauth2/jwks", null).body());
        return SignedOrder.verify(
                        Base64.getDecoder().decode(json(answer).path("order").asString()), authority, RUN)
                .order();
    }
}
