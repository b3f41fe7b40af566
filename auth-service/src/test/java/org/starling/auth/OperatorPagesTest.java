package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.htmlunit.html.HtmlInput;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The pages of those who operate a run, or the service. */
@NullUnmarked
class OperatorPagesTest extends WithAuthService {

    private static final String OPERATE = "/runs/" + RUN + "/operate";

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
            otto.fill("targetBatchSize", "512");
            otto.fill("roundTimeout", "12.5");
            assertThat(otto.submit("/operate/settings").text()).contains("The settings are changed");
            assertThat(value(otto, "targetBatchSize")).isEqualTo("512");
            assertThat(value(otto, "roundTimeout")).isEqualTo("12.5");
            otto.choose("codec", "float16");
            otto.fill("roundTimeout", "soon");
            assertThat(otto.submit("/operate/settings").status()).isEqualTo(400);
            assertThat(otto.wrong("roundTimeout")).contains("must be a number of seconds", "soon");
            assertThat(value(otto, "roundTimeout")).as("what was typed").isEqualTo("soon");
            assertThat(value(otto, "targetBatchSize")).isEqualTo("512");
            otto.fill("roundTimeout", "12.5");
            otto.fill("targetBatchSize", "0");
            assertThat(otto.submit("/operate/settings").status()).isEqualTo(400);
            assertThat(otto.wrong("targetBatchSize")).contains("at least 1 sample");
            otto.fill("targetBatchSize", "1024");
            assertThat(otto.submit("/operate/settings").text()).contains("The settings are changed");
            assertThat(json(service.get(RUN_PATH, null))
                            .path("settings")
                            .path("codec")
                            .asString())
                    .isEqualTo("float16");
        }
        assertThat(orders()).contains("change");
    }

    @Test
    void anOperatorAppointsAndDismisses() {
        service.post(RUN_PATH + "/join-requests", "ron", "");
        try (PersonsBrowser otto = browser();
                PersonsBrowser ron = browser()) {
            assertThat(otto.open(OPERATE).click("otto").text()).contains("ada\tmoderator");
            otto.type("account", "rob");
            assertThat(otto.submit("/operate/officials").status()).isEqualTo(404);
            assertThat(otto.wrong("account")).contains("No account 'rob' was ever here");
            otto.fill("account", "ron");
            otto.choose("office", "moderator");
            assertThat(otto.submit("/operate/officials").text()).contains("ron is moderator now.", "ron\tmoderator");
            assertThat(ron.open("/runs/" + RUN + "/requests").click("ron").text())
                    .contains("Waiting")
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
    void whoRunsTheServiceMakesARunAndSaysLaterWhereItIs() {
        try (PersonsBrowser olga = browser();
                PersonsBrowser anybody = browser()) {
            olga.open("/service/runs/new").click("olga");
            olga.type("run", "songs");
            olga.type("task", "text-to-image");
            olga.fill("taskSettings", "width = 64\noptimizer.learning-rate");
            assertThat(olga.submit("/service/runs").status()).isEqualTo(400);
            assertThat(olga.wrong("taskSettings")).contains("setting = value", "'optimizer.learning-rate'");
            olga.fill("taskSettings", "width = 64\noptimizer.learning-rate = 0.002");
            assertThat(olga.submit("/service/runs").status()).isEqualTo(400);
            assertThat(olga.wrong("run")).contains("organisation/name");
            olga.fill("run", RUN);
            assertThat(olga.submit("/service/runs").status()).isEqualTo(409);
            assertThat(olga.wrong("run")).contains("There is a run " + RUN + " already");
            olga.fill("run", "birds/hymns");
            olga.fill("metrics", "ftp://metrics.example.org");
            assertThat(olga.submit("/service/runs").status()).isEqualTo(400);
            assertThat(olga.wrong("metrics")).contains("https://metrics.example.org", "ftp");
            olga.fill("metrics", "https://metrics.example.org/");
            olga.fill("heartbeat", "0.5");
            olga.fill("bytesInFlight", "many");
            assertThat(olga.submit("/service/runs").status()).isEqualTo(400);
            assertThat(olga.wrong("bytesInFlight")).contains("a whole number", "many");
            olga.fill("bytesInFlight", "");
            olga.type("entryPoints", "127.0.0.1:7000\nbirds.example.org:7000");
            olga.type("description", "Sings <hymns>");
            assertThat(olga.submit("/service/runs").text())
                    .contains("The run is made, and you operate it", "birds/hymns", "running");

            JsonNode run = json(service.get("/api/v1/runs/birds/hymns", null));
            assertThat(run.path("metrics").asString()).isEqualTo("https://metrics.example.org");
            assertThat(run.path("entryPoints").size()).isEqualTo(2);
            JsonNode configuration = run.path("configuration");
            assertThat(configuration
                            .path("taskSettings")
                            .path("optimizer.learning-rate")
                            .asString())
                    .isEqualTo("0.002");
            assertThat(configuration.path("membership").path("heartbeat").asString())
                    .isEqualTo("PT0.5S");
            assertThat(configuration.path("averaging").path("maxGroupSize").asInt())
                    .isEqualTo(64);

            assertThat(anybody.open("/runs/birds/hymns").text()).contains("Sings <hymns>", "its dashboard");
            assertThat(anybody.page.getAnchorByText("its dashboard").getHrefAttribute())
                    .isEqualTo("https://metrics.example.org");

            olga.fill("entryPoints", "127.0.0.1:7000\nnowhere");
            assertThat(olga.submit("/operate/presence").status()).isEqualTo(400);
            assertThat(olga.wrong("entryPoints")).contains("'nowhere' is not an address");
            olga.open("/runs/birds/hymns/operate");
            olga.fill("metrics", "");
            olga.fill("checkpoints", "http://127.0.0.1:8082");
            assertThat(olga.submit("/operate/presence").text()).contains("What people read of the run is changed.");
            assertThat(anybody.open("/runs/birds/hymns").text())
                    .contains("its checkpoints")
                    .doesNotContain("its dashboard");
        }
    }

    @Test
    void addressesThatTheServiceCallsAreChangedByThoseWhoRunIt() {
        service.post(
                "/api/v1/runs",
                "olga",
                "{\"run\":\"birds/calls\",\"task\":\"toy\",\"targetBatchSize\":8,\"metrics\":\"http://127.0.0.1:1\"}");
        String path = "/api/v1/runs/birds/calls";
        service.get("/api/v1/me", "otto");
        service.send("PUT", path + "/officials/operator/otto", "olga", "");
        assertThat(service.send("PATCH", path, "otto", "{\"description\":\"Calls\"}")
                        .statusCode())
                .isEqualTo(200);
        assertProblem(
                service.send("PATCH", path, "otto", "{\"metrics\":\"http://10.0.0.1:80\"}"), 403, "does not operate");
        assertThat(json(service.get(path, null)).path("metrics").asString()).isEqualTo("http://127.0.0.1:1");
        assertThat(service.send("PATCH", path, "olga", "{\"metrics\":\"\"}").statusCode())
                .isEqualTo(200);
        assertThat(json(service.get(path, null)).has("metrics")).isFalse();
        for (String address :
                List.of("file:///etc/passwd", "https://u:p@x.org", "https://x.org?a=b", "x.org", "http://")) {
            HttpResponse<String> refused = service.send("PATCH", path, "olga", "{\"checkpoints\":\"" + address + "\"}");
            assertProblem(refused, 400, "checkpoints must be an address");
            assertThat(json(refused).path("field").asString()).isEqualTo("checkpoints");
        }
    }

    @Test
    void anOperatorTakesTheSwarmBackToACheckpoint() throws Exception {
        HttpServer checkpoints = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        String digest = "ab".repeat(32);
        checkpoints.createContext("/api/v1/checkpoints", exchange -> {
            byte[] body = """
                    [{"id":2,"generation":0,"epoch":1200,"samples":307200,"stateDigest":"%s","loss":2.4567,"state":"good",
                      "created":"2026-11-27T09:00:00Z"},
                     {"id":1,"generation":0,"epoch":600,"samples":153600,"stateDigest":"%s","loss":null,"state":"corrupt",
                      "created":"2026-11-27T08:00:00Z"}]""".formatted(digest, "cd".repeat(32)).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        checkpoints.start();
        service.post(
                "/api/v1/runs",
                "olga",
                "{\"run\":\"birds/back\",\"task\":\"toy\",\"targetBatchSize\":8,\"checkpoints\":\"http://127.0.0.1:"
                        + checkpoints.getAddress().getPort() + "\"}");
        try (PersonsBrowser olga = browser()) {
            assertThat(olga.open("/runs/birds/back/rollback").click("olga").text())
                    .contains("1,200\t307,200\t2.457\tabababababab…")
                    .doesNotContain("153,600");
            olga.click("Choose");
            assertThat(value(olga, "digest")).isEqualTo(digest);
            olga.fill("digest", "12");
            assertThat(olga.submit("/rollback").status()).isEqualTo(400);
            assertThat(olga.wrong("digest")).contains("64 hexadecimal digits");
            olga.fill("digest", digest);
            olga.fill("epoch", "-1");
            assertThat(olga.submit("/rollback").status()).isEqualTo(400);
            assertThat(olga.wrong("epoch")).contains("less than 0");
            olga.fill("epoch", "1200");
            assertThat(olga.submit("/rollback").text()).contains("The swarm goes back to epoch 1200 now.");
        } finally {
            checkpoints.stop(0);
        }
        JsonNode order =
                json(service.get("/api/v1/runs/birds/back/orders", null)).get(0);
        assertThat(order.path("type").asString()).isEqualTo("rollback");
        assertThat(order.path("generation").asLong()).isEqualTo(1);
    }

    @Test
    void withoutACheckpointServiceAnOperatorTypesTheState() {
        try (PersonsBrowser otto = browser()) {
            assertThat(otto.open("/runs/" + RUN + "/rollback").click("otto").text())
                    .contains("no checkpoint service that is known here");
            otto.fill("epoch", "3");
            otto.fill("samples", "100");
            otto.fill("digest", "ab".repeat(32));
            assertThat(otto.submit("/rollback").text()).contains("goes back to epoch 3");
        }
        assertThat(orders()).contains("rollback");
    }

    @Test
    void theyAreForNobodyElse() {
        try (PersonsBrowser ada = browser()) {
            ada.open("/runs/" + RUN).logIn("ada");
            for (String page : List.of(OPERATE, "/runs/" + RUN + "/audit", "/runs/" + RUN + "/rollback")) {
                assertThat(ada.open(page).status()).isEqualTo(403);
                assertThat(ada.text()).contains("ada is no operator of " + RUN);
            }
            assertThat(ada.open("/service").status()).isEqualTo(403);
            assertThat(ada.open("/service/runs/new").status()).isEqualTo(403);
            assertThat(ada.text()).contains("does not operate this service");
            assertThat(ada.open("/").text()).doesNotContain("audit log");
        }
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
