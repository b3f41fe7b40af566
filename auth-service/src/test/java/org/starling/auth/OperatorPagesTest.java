package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import java.nio.file.Path;
import java.util.List;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlSelect;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The pages of those who operate a run, or the service. */
@NullUnmarked
class OperatorPagesTest {

    private static final String OPERATE = "/runs/" + RUN + "/operate";

    @TempDir
    static Path folder;

    private static RunningAuthService service;

    @BeforeAll
    static void start() {
        service = new RunningAuthService(folder);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static PersonsBrowser browser() {
        return new PersonsBrowser(service.url);
    }

    @Test
    void anOperatorPausesAndResumesTheRun() {
        try (PersonsBrowser otto = browser();
                PersonsBrowser anybody = browser()) {
            assertThat(otto.open(OPERATE).click("otto").text()).contains("running");
            otto.type("pause", "The data are being mended");
            assertThat(otto.submit("/operate/pause").text())
                    .contains("The run is paused", "paused", "The data are being mended");
            assertThat(anybody.open("/").text()).contains("Paused", "The data are being mended");
            assertThat(anybody.open("/runs/" + RUN).text()).contains("Paused");
            otto.type("resume", "They are whole again");
            assertThat(otto.submit("/operate/resume").text()).contains("The run goes on", "running");
        }
        assertThat(orders()).containsSubsequence("pause", "resume");
    }

    @Test
    void anOperatorChangesWhatMayChange() {
        try (PersonsBrowser otto = browser()) {
            otto.open(OPERATE).click("otto");
            set(otto, "targetBatchSize", "512");
            set(otto, "roundTimeout", "12.5");
            assertThat(otto.submit("/operate/settings").text()).contains("The settings are changed");
            assertThat(value(otto, "targetBatchSize")).isEqualTo("512");
            assertThat(value(otto, "roundTimeout")).isEqualTo("12.5");
            set(otto, "codec", "morse");
            assertThat(otto.submit("/operate/settings").status()).isEqualTo(400);
            assertThat(otto.text()).contains("morse");
            otto.open(OPERATE);
            set(otto, "roundTimeout", "soon");
            assertThat(otto.submit("/operate/settings").status()).isEqualTo(400);
            assertThat(otto.text()).contains("roundTimeout", "soon");
        }
        assertThat(orders()).contains("change");
    }

    @Test
    void anOperatorAppointsAndDismisses() {
        service.post(RUN_PATH + "/join-requests", "ron", "");
        try (PersonsBrowser otto = browser();
                PersonsBrowser ron = browser()) {
            assertThat(otto.open(OPERATE).click("otto").text()).contains("ada\tmoderator");
            otto.type("account", "ron");
            otto.page.<HtmlSelect>getHtmlElementById("office").setSelectedAttribute("moderator", true);
            assertThat(otto.submit("/operate/officials").text()).contains("ron is moderator now.", "ron\tmoderator");
            assertThat(ron.open("/runs/" + RUN + "/requests").click("ron").text())
                    .contains("Waiting for an answer")
                    .doesNotContain("Operate");
            assertThat(otto.submit("/operate/officials/dismiss").text()).contains("ron is no moderator any more.");
            assertThat(ron.open("/runs/" + RUN + "/requests").status()).isEqualTo(403);
            assertThat(otto.open("/runs/" + RUN + "/audit").text())
                    .contains("office.give", "office.take", "otto (", "ron (");
        }
    }

    @Test
    void whoRunsTheServiceChangesItsKeysAndReadsEverything() {
        try (PersonsBrowser olga = browser()) {
            assertThat(olga.open("/service").click("olga").text()).contains("Signing keys", "signs");
            assertThat(olga.submit("/service/keys").text()).contains("signs from now on", "retired");
            olga.page.getElementsByTagName("textarea").forEach(area -> area.setTextContent("It was on a lost disk"));
            assertThat(olga.submit("/revoke").text())
                    .contains(
                            "Nothing counts any more", "revoked", "It was on a lost disk", "key.rotate", "key.revoke");
            assertThat(olga.open("/").text()).contains("its keys and its audit log");
        }
    }

    @Test
    void theyAreForNobodyElse() {
        try (PersonsBrowser ada = browser()) {
            ada.open("/runs/" + RUN).logIn("ada");
            for (String page : List.of(OPERATE, "/runs/" + RUN + "/audit")) {
                assertThat(ada.open(page).status()).isEqualTo(403);
                assertThat(ada.text()).contains("ada is no operator of " + RUN);
            }
            assertThat(ada.open("/service").status()).isEqualTo(403);
            assertThat(ada.open("/").text()).doesNotContain("audit log");
        }
    }

    private static void set(PersonsBrowser browser, String id, String value) {
        browser.page.<HtmlInput>getHtmlElementById(id).setValue(value);
    }

    private static String value(PersonsBrowser browser, String id) {
        return browser.page.<HtmlInput>getHtmlElementById(id).getValue();
    }

    private static List<String> orders() {
        return json(service.get(RUN_PATH + "/orders", null))
                .valueStream()
                .map((JsonNode order) -> order.path("type").asString())
                .toList();
    }
}
