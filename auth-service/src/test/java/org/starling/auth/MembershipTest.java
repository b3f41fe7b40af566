package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.form;
import static org.starling.auth.RunningAuthService.json;
import static org.starling.auth.RunningAuthService.tokenRequest;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.PeerIdentity;
import tools.jackson.databind.JsonNode;

/** Whom a rule has admitted as a member of an organization, and who is a member no more. */
@NullUnmarked
class MembershipTest {

    private static final Duration A_MONTH = Duration.ofDays(31);

    private static RunningAuthService service;

    private final PeerIdentity identity = PeerIdentity.create();

    @BeforeAll
    static void start(@TempDir Path folder) {
        service = new RunningAuthService(folder, "--starling.auth.hub-cache=1ms");
        service.post(RUN_PATH + "/admission-rules", "ada", "{\"organization\":\"birds\",\"minimumRole\":\"write\"}");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static void member(String person, String role) {
        HttpResponse<String> answer =
                service.send(HttpRequest.newBuilder(URI.create(service.hubUrl + "/_hub/accounts/" + person + "/orgs"))
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString(role == null ? "{}" : "{\"birds\":\"" + role + "\"}")));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
    }

    private static String state(String person) {
        return json(service.get(RUN_PATH + "/join-requests/me", person))
                .path("state")
                .asString();
    }

    /** Logs the peer in with its owner's hub token, as a container does. */
    private String enrol(String person) {
        HttpResponse<String> answer = service.send(service.request("/oauth2/token", null)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form(Map.of(
                        "client_id", "starling-peer",
                        "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange",
                        "subject_token", RunningAuthService.token(person),
                        "subject_token_type", "urn:ietf:params:oauth:token-type:access_token",
                        "peer", identity.id().toString())))));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("access_token").asString();
    }

    /** Asks for a token as a peer does that is logged in: the hub is not asked. */
    private HttpResponse<String> renew(String credential) {
        return service.send(service.request(RUN_PATH + "/tokens", null)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + credential)
                .POST(BodyPublishers.ofString(tokenRequest(identity, service.proof(identity)))));
    }

    @Test
    void whoHasLeftTheOrganizationWaitsForAModeratorFromTheNextTokenOn() {
        member("kim", "write");
        assertThat(service.askForToken("kim", identity).statusCode()).isEqualTo(200);

        member("kim", "read");
        HttpResponse<String> asked = service.askForToken("kim", identity);

        assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
        assertThat(json(asked).path("state").asString()).isEqualTo("pending");
        assertThat(state("kim")).isEqualTo("pending");
        assertThat(json(service.get(RUN_PATH + "/audit?limit=5", "otto"))
                        .valueStream()
                        .filter(deed -> deed.path("action").asString().equals("join.reopen"))
                        .map(deed -> deed.path("detail").asString()))
                .containsExactly("no member of birds with the role write or more any more");

        member("kim", "admin");
        assertThat(service.askForToken("kim", identity).statusCode())
                .as("who comes back is admitted again")
                .isEqualTo(200);
        member("kim", null);
        assertThat(service.askForToken("kim", identity).statusCode()).isEqualTo(202);
        service.approve("kim");
        assertThat(service.askForToken("kim", identity).statusCode())
                .as("a moderator's approval asks for no membership")
                .isEqualTo(200);
    }

    @Test
    void theHubsWordIsRenewedByTheNextLoginOfThePeersOwner() {
        member("lea", "write");
        String credential = enrol("lea");
        assertThat(renew(credential).statusCode()).isEqualTo(200);

        member("lea", null);
        assertThat(renew(credential).statusCode())
                .as("the hub has said so lately, and nobody can ask it without the person's token")
                .isEqualTo(200);
        String again = enrol("lea");
        assertThat(renew(again).statusCode()).isEqualTo(202);
        assertThat(state("lea")).isEqualTo("pending");
    }

    @Test
    void anOldWordOfTheHubHasToBeConfirmedByALogin() {
        member("mia", "write");
        String credential = enrol("mia");
        assertThat(renew(credential).statusCode()).isEqualTo(200);

        service.pass(A_MONTH);
        HttpResponse<String> asked = renew(credential);
        JsonNode waiting = json(asked);
        assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
        assertThat(waiting.path("state").asString()).isEqualTo("unconfirmed");
        assertThat(waiting.path("message").asString())
                .contains(
                        "mia takes part as member of birds with the role write or more",
                        "log in at " + service.url + "/,");
        assertThat(jdbc().queryForObject("""
                        SELECT state FROM join_request JOIN account ON account.id = account_id WHERE name = 'mia'
                        """, String.class))
                .as("nobody has decided otherwise")
                .isEqualTo("APPROVED");

        service.get("/api/v1/me", "mia");
        assertThat(renew(credential).statusCode()).isEqualTo(200);
    }

    @Test
    void aRuleAdmitsNobodyByAnOldWordOfTheHub() {
        String credential = enrol("nia");
        member("nia", null);
        service.pass(A_MONTH);

        HttpResponse<String> asked = renew(credential);

        assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
        assertThat(json(asked).path("state").asString()).isEqualTo("pending");
    }

    private static JdbcTemplate jdbc() {
        return service.context.getBean(JdbcTemplate.class);
    }
}
