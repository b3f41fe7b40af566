package org.starling.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A hub on a free port with accounts ada (of the organization birds) and bob, and a clock that tests move. */
final class RunningHub implements AutoCloseable {

    static final String ADA = "hf_ada_token";
    static final String BOB = "hf_bob_token";
    static final String READER = "hf_reader_token";
    static final String BIRDS = "hf_birds_token";
    static final String NOTEBOOK = "hf_notebook_app_token";
    static final JsonMapper JSON = new JsonMapper();

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final ConfigurableApplicationContext context;
    private final HttpClient client = HttpClient.newHttpClient();
    final String url;

    RunningHub(Path data, String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "--server.port=0",
                "--hub.data=" + data,
                "--hub.accounts[0].name=ada",
                "--hub.accounts[0].full-name=Ada Lovelace",
                "--hub.accounts[0].email=ada@example.org",
                "--hub.accounts[0].token=" + ADA,
                "--hub.accounts[0].orgs.birds=admin",
                "--hub.accounts[0].created-at=2019-03-01T12:00:00Z",
                "--hub.accounts[0].hardware[0].type=gpu",
                "--hub.accounts[0].hardware[0].vendor=NVIDIA",
                "--hub.accounts[0].hardware[0].model=RTX 3090",
                "--hub.accounts[0].hardware[0].memory=24",
                "--hub.accounts[0].hardware[0].count=2",
                "--hub.accounts[1].name=bob",
                "--hub.accounts[1].token=" + BOB,
                "--hub.accounts[2].name=reader",
                "--hub.accounts[2].token=" + READER,
                "--hub.accounts[2].token-role=read",
                "--hub.organizations[0].name=birds",
                "--hub.organizations[0].token=" + BIRDS,
                "--hub.clients[0].id=service",
                "--hub.clients[0].secret=s3cret:/ with signs",
                "--hub.clients[0].redirect-uris[0]=https://service.example/callback",
                "--hub.clients[1].id=notebook",
                "--hub.clients[1].redirect-uris[0]=http://127.0.0.1/callback",
                "--hub.clients[1].token=" + NOTEBOOK,
                "--hub.multipart-threshold=1MB",
                "--hub.multipart-chunk=1MB"));
        settings.addAll(List.of(more));
        InstantSource clock = now::get;
        ApplicationContextInitializer<GenericApplicationContext> movableClock =
                started -> started.registerBean(InstantSource.class, () -> clock);
        context = LocalHubApplication.builder().initializers(movableClock).run(settings.toArray(String[]::new));
        url = "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port");
    }

    void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    HttpResponse<String> get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    HttpResponse<String> postJson(String path, String body, String... headers) {
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> postForm(String path, Map<String, String> form, String... headers) {
        String body = form.entrySet().stream()
                .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
                .collect(Collectors.joining("&"));
        return send(request(path, headers)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(body)));
    }

    HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : url + path))
                .timeout(Duration.ofSeconds(20));
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        return builder;
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return trySend(request);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    HttpResponse<String> trySend(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static String bearer(String token) {
        return "Bearer " + token;
    }

    static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        context.close();
    }
}
