package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN_PATH;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                "--starling.auth.limits.device-polls-per-minute=4");
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
