package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN_PATH;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.PeerIdentity;

@NullUnmarked
class LimitsTest {

    @TempDir
    static Path folder;

    private static RunningAuthService service;

    @BeforeAll
    static void start() {
        service = new RunningAuthService(
                folder,
                "--starling.auth.limits.logins-per-minute=3",
                "--starling.auth.limits.joins-per-minute=5",
                "--starling.auth.limits.joins-from-address-per-minute=12",
                "--starling.auth.limits.device-polls-per-minute=4",
                "--starling.auth.limits.hub-questions-per-minute=13");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void anAccountThatAsksTooOftenIsToldWhenToComeBackAndOthersAreNotHeldUp() {
        for (int i = 0; i < 5; i++) {
            assertThat(join("bob", "198.51.100.1").statusCode()).isEqualTo(202);
        }
        HttpResponse<String> refused = join("bob", "198.51.100.2");
        assertProblem(refused, 429, "Too many requests of bob");
        assertThat(refused.headers().firstValueAsLong("Retry-After").orElseThrow())
                .isBetween(1L, 12L);
        assertThat(join("cleo", "198.51.100.1").statusCode()).isEqualTo(202);

        service.pass(Duration.ofSeconds(13));
        assertThat(join("bob", "198.51.100.2").statusCode()).isEqualTo(202);
    }

    @Test
    void anAddressThatAsksTooOftenIsRefusedWhateverItWritesInFrontOfItsAddress() {
        for (int i = 0; i < 12; i++) {
            assertThat(join("nobody" + i, "203.0.113." + i + ", 198.51.100.7").statusCode())
                    .isEqualTo(401);
        }
        assertProblem(join("nobody", "203.0.113.99, 198.51.100.7"), 429, "from this address");
        assertThat(join("nobody", "198.51.100.8").statusCode()).isEqualTo(401);
    }

    @Test
    void loginsAndPollsAreLimited() {
        for (int i = 0; i < 3; i++) {
            assertThat(login("198.51.100.3").statusCode()).isEqualTo(302);
        }
        HttpResponse<String> refused = login("198.51.100.3");
        assertProblem(refused, 429, "from this address");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(login("198.51.100.4").statusCode()).isEqualTo(302);

        for (int i = 0; i < 4; i++) {
            assertThat(poll("198.51.100.5").statusCode()).isEqualTo(400);
        }
        assertThat(poll("198.51.100.5").statusCode()).isEqualTo(429);
        assertThat(poll("198.51.100.6").statusCode()).isEqualTo(400);
    }

    @Test
    void theHubIsNotAskedAboutAnyNumberOfTokensOfOneAddress() {
        for (int i = 0; i < 13; i++) {
            assertThat(me("guessed" + i, "198.51.100.20").statusCode()).isEqualTo(401);
        }
        assertProblem(me("guessed13", "198.51.100.20"), 429, "from this address");
        assertThat(me("guessed0", "198.51.100.20").statusCode())
                .as("the hub's answer is known")
                .isEqualTo(401);
        assertThat(exchange("guessed14", "198.51.100.20").statusCode()).isEqualTo(429);
        assertThat(me("dan", "198.51.100.21").statusCode()).isEqualTo(200);
    }

    @Test
    void anAccountThatEnrolsMachinesTooOftenIsToldToWait() {
        for (int i = 0; i < 5; i++) {
            assertThat(exchange("eve", "198.51.100." + (30 + i)).statusCode()).isEqualTo(200);
        }
        HttpResponse<String> refused = exchange("eve", "198.51.100.40");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void anAccountHasSoManyMachinesAndNoMore() {
        service.get("/api/v1/me", "finn");
        new JdbcTemplate(service.context.getBean(DataSource.class)).update("""
                INSERT INTO peer_credential (token_hash, account_id, peer, created_at, expires_at)
                SELECT 'hash ' || i, a.id, 'peer ' || i, now(), now() + interval '90 days'
                FROM account a, generate_series(1, 500) i WHERE a.name = 'finn'""");

        HttpResponse<String> refused = exchange("finn", "198.51.100.50");

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("finn has 500 machines");
    }

    @Test
    void onlySoManyVisitsOfAnAddressAreRememberedForAfterTheLogin() {
        for (int i = 0; i < 3; i++) {
            assertThat(visit("198.51.100.60").headers().allValues("Set-Cookie"))
                    .anyMatch(cookie -> cookie.startsWith("SESSION="));
        }
        HttpResponse<String> forgotten = visit("198.51.100.60");
        assertThat(forgotten.statusCode()).isEqualTo(302);
        assertThat(forgotten.headers().allValues("Set-Cookie")).noneMatch(cookie -> cookie.startsWith("SESSION="));
    }

    private static HttpResponse<String> visit(String forwardedFor) {
        return service.send(service.request("/runs/" + RunningAuthService.RUN + "/requests", null)
                .header("X-Forwarded-For", forwardedFor)
                .header("Accept", "text/html")
                .GET());
    }

    private static HttpResponse<String> me(String person, String forwardedFor) {
        return service.send(service.request("/api/v1/me", person)
                .header("X-Forwarded-For", forwardedFor)
                .GET());
    }

    private static HttpResponse<String> exchange(String person, String forwardedFor) {
        return service.send(service.request("/oauth2/token", null)
                .header("X-Forwarded-For", forwardedFor)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(RunningAuthService.form(Map.of(
                        "client_id", "starling-peer",
                        "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange",
                        "subject_token", RunningAuthService.token(person),
                        "subject_token_type", "urn:ietf:params:oauth:token-type:access_token",
                        "peer", PeerIdentity.create().id().toString())))));
    }

    private static HttpResponse<String> join(String person, String forwardedFor) {
        return service.send(service.request(RUN_PATH + "/join-requests", person)
                .header("X-Forwarded-For", forwardedFor)
                .POST(BodyPublishers.noBody()));
    }

    private static HttpResponse<String> login(String forwardedFor) {
        return service.send(service.request("/oauth2/authorization/huggingface", null)
                .header("X-Forwarded-For", forwardedFor)
                .GET());
    }

    private static HttpResponse<String> poll(String forwardedFor) {
        return service.send(service.request("/oauth2/token", null)
                .header("X-Forwarded-For", forwardedFor)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("grant_type=nonsense")));
    }
}
