package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The hub fails while a person logs in with a browser: nobody is let in, the page says why, and the next login succeeds. */
@NullUnmarked
class HubFaultsDuringLoginTest {

    static final List<String> FAULTS = List.of(
            "\"kind\":\"STATUS\",\"status\":500",
            "\"kind\":\"STATUS\",\"status\":401",
            "\"kind\":\"STATUS\",\"status\":429,\"retryAfterSeconds\":20",
            "\"kind\":\"HTML\",\"status\":200",
            "\"kind\":\"HTML\",\"status\":502",
            "\"kind\":\"NONSENSE\"",
            "\"kind\":\"DELAY\",\"delayMillis\":60000",
            "\"kind\":\"TRICKLE\",\"delayMillis\":60000",
            "\"kind\":\"DROP\"");

    private static RunningAuthService service;

    @BeforeAll
    static void start(@TempDir Path folder) {
        service = new RunningAuthService(folder, "--starling.auth.hub-timeout=2s");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static void assertNotLetIn(RunningAuthService at, String path, String fault) {
        at.hubFault("{\"path\":\"" + path + "\"," + fault + "}");
        try (PersonsBrowser browser = new PersonsBrowser(at.url)) {
            browser.open("/oauth2/authorization/huggingface").click("gina");

            assertThat(browser.text()).as("%s at %s", fault, path).contains("Hugging Face did not confirm who you are");
            assertThat(me(browser, at)).as("%s at %s", fault, path).contains("\"account\":null");
        }
    }

    private static void assertLetIn(RunningAuthService at) {
        try (PersonsBrowser browser = new PersonsBrowser(at.url)) {
            browser.open("/oauth2/authorization/huggingface").click("gina");
            assertThat(me(browser, at)).contains("\"account\":\"gina\"");
        }
    }

    private static String me(PersonsBrowser browser, RunningAuthService at) {
        try {
            return browser.client()
                    .getPage(at.url + "/api/v1/me")
                    .getWebResponse()
                    .getContentAsString();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @FieldSource("FAULTS")
    void whenItIsAskedWhoThePersonIs(String fault) {
        assertNotLetIn(service, "/oauth/userinfo", fault);
        assertLetIn(service);
    }

    @ParameterizedTest
    @FieldSource("FAULTS")
    void whenItIsAskedForItsToken(String fault) {
        assertNotLetIn(service, "/oauth/token", fault);
        assertLetIn(service);
    }

    /** An instance that has not read the hub's keys yet: those that are known are not asked for again. */
    @Test
    void whenItIsAskedForTheKeysThatSignIdentityTokens() {
        try (RunningAuthService fresh = service.second("--starling.auth.hub-timeout=2s")) {
            FAULTS.forEach(fault -> assertNotLetIn(fresh, "/oauth/jwks", fault));
            assertLetIn(fresh);
        }
    }
}
