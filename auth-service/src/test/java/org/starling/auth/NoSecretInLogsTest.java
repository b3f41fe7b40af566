package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.PeerIdentity;

@NullUnmarked
class NoSecretInLogsTest {

    private static final String CLIENT_SECRET = "secret-of-the-oauth-client-that-nobody-reads";

    @TempDir
    Path folder;

    @Test
    void noTokenKeyOrSecretIsInAnyLog() {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Logger own = (Logger) LoggerFactory.getLogger("org.starling");
        Logger web = (Logger) LoggerFactory.getLogger("org.springframework.web");
        ListAppender<ILoggingEvent> events = new ListAppender<>();
        List<String> secrets =
                new ArrayList<>(List.of(RunningAuthService.SECRET, CLIENT_SECRET, "\"d\":", "BEGIN PRIVATE"));
        Level before = root.getLevel();
        try (RunningAuthService service =
                new RunningAuthService(folder, "--starling.auth.client-secret=" + CLIENT_SECRET)) {
            events.start();
            root.addAppender(events);
            root.setLevel(Level.INFO);
            own.setLevel(Level.TRACE);
            web.setLevel(Level.DEBUG);

            service.approve("bob");
            secrets.add(json(service.askForToken("bob", PeerIdentity.create()))
                    .path("token")
                    .asString());
            service.post(RUN_PATH + "/tokens", "bob", "{\"ed25519PublicKey\":\"hf_token_of_nobody\"}");
            service.get("/api/v1/me", "stranger");
            service.hubFault("{\"path\":\"/api/whoami-v2\",\"kind\":\"DROP\"}");
            service.get("/api/v1/me", "cleo");
            service.post("/api/v1/authority/keys", "olga", "");
            service.post(RUN_PATH + "/bans", "ada", "{\"account\":\"bob\",\"reason\":\"x\"}");
            service.context.getBean(JdbcTemplate.class).execute("DROP TABLE ban CASCADE");
            service.post(RUN_PATH + "/bans", "ada", "{\"account\":\"bob\",\"reason\":\"x\"}");
            try (PersonsBrowser browser = new PersonsBrowser(service.url)) {
                browser.open("/oauth2/authorization/huggingface").click("gina");
                browser.client().getCookieManager().getCookies().forEach(cookie -> secrets.add(cookie.getValue()));
            }
            for (String person : List.of("bob", "ada", "olga", "stranger", "cleo")) {
                secrets.add(RunningAuthService.token(person));
            }
        } finally {
            root.detachAppender(events);
            root.setLevel(before);
            own.setLevel(null);
            web.setLevel(null);
        }
        List<String> lines = events.list.stream().map(NoSecretInLogsTest::text).toList();
        assertThat(lines)
                .as("something was logged, failures with their causes included")
                .anyMatch(line -> line.contains("A request failed"));
        assertThat(lines).allSatisfy(line -> assertThat(line).doesNotContain(secrets));
    }

    private static String text(ILoggingEvent event) {
        StringBuilder text = new StringBuilder(event.getFormattedMessage());
        for (IThrowableProxy cause = event.getThrowableProxy(); cause != null; cause = cause.getCause()) {
            text.append('\n').append(cause.getMessage());
        }
        return text.toString();
    }
}
