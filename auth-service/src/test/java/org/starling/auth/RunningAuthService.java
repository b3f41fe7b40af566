package org.starling.auth;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.starling.hub.LocalHubApplication;
import org.starling.postgres.testing.TestDatabase;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The auth service on a free port with a hub and a database of its own: ada moderates the run demo/emoji, otto operates
 * it, max runs auxiliary peers, everybody else is a stranger. The service's clock can be moved.
 */
@NullUnmarked
final class RunningAuthService implements AutoCloseable {

    static final String RUN = "demo/emoji";
    static final String RUN_PATH = "/api/v1/runs/" + RUN;
    static final JsonMapper JSON = new JsonMapper();
    static final String SECRET = "a-long-secret-that-is-used-in-tests-only";

    private static final List<String> PEOPLE = List.of(
            "ada", "otto", "max", "bob", "cleo", "dan", "eve", "finn", "gina", "hal", "iris", "jan", "kim", "lea",
            "mia", "nia", "oda", "pia", "ron", "olga");

    private final AtomicReference<Duration> offset;
    private final InstantSource clock;
    private final Map<String, String> databaseProperties;
    private final Runnable closeShared;
    final ConfigurableApplicationContext hub;
    final String hubUrl;
    ConfigurableApplicationContext context;
    String url;

    /** Another instance of the service, with the same hub, clock and database. */
    private RunningAuthService(RunningAuthService first, Map<String, String> databaseProperties, String... more) {
        offset = first.offset;
        clock = first.clock;
        hub = first.hub;
        hubUrl = first.hubUrl;
        this.databaseProperties = databaseProperties;
        closeShared = () -> {};
        start(more);
    }

    /** A second instance beside this one. */
    RunningAuthService second(String... more) {
        return new RunningAuthService(this, databaseOf(this), more);
    }

    /** The service on another database of the same server. */
    RunningAuthService on(String otherDatabase) {
        Map<String, String> properties = new LinkedHashMap<>(databaseOf(this));
        properties.computeIfPresent(
                "spring.datasource.url", (name, url) -> url.replaceFirst("/[^/?]*(\\?.*)?$", "/" + otherDatabase));
        return new RunningAuthService(this, properties);
    }

    private static Map<String, String> databaseOf(RunningAuthService first) {
        HikariDataSource source = first.context.getBean(HikariDataSource.class);
        return Map.of(
                "spring.datasource.url", source.getJdbcUrl(),
                "spring.datasource.username", source.getUsername(),
                "spring.datasource.password", source.getPassword());
    }

    RunningAuthService(Path folder, String... more) {
        offset = new AtomicReference<>(Duration.ZERO);
        clock = () -> Instant.now().plus(offset.get());
        List<String> settings = new ArrayList<>(List.of(
                "--server.port=0",
                "--hub.data=" + folder.resolve("hub"),
                "--hub.organizations[0].name=birds",
                "--hub.organizations[0].token=" + token("birds"),
                "--hub.clients[0].id=starling",
                "--hub.clients[0].redirect-uris[0]=http://127.0.0.1/login/oauth2/code/huggingface",
                "--hub.clients[0].redirect-uris[1]=http://127.0.0.1/auth/login/oauth2/code/huggingface"));
        for (int i = 0; i < PEOPLE.size(); i++) {
            settings.add("--hub.accounts[" + i + "].name=" + PEOPLE.get(i));
            settings.add("--hub.accounts[" + i + "].token=" + token(PEOPLE.get(i)));
        }
        settings.add("--hub.accounts[" + PEOPLE.indexOf("nia") + "].orgs.birds=write");
        settings.add("--hub.accounts[" + PEOPLE.indexOf("oda") + "].orgs.birds=read");
        String pia = "--hub.accounts[" + PEOPLE.indexOf("pia") + "].";
        settings.addAll(List.of(
                pia + "created-at=2021-02-03T04:05:06Z",
                pia + "orgs.birds=contributor",
                pia + "hardware[0].type=gpu",
                pia + "hardware[0].vendor=NVIDIA",
                pia + "hardware[0].model=RTX 3090",
                pia + "hardware[0].memory=24",
                pia + "hardware[0].count=2"));
        hub = LocalHubApplication.start(settings.toArray(String[]::new));
        hubUrl = "http://127.0.0.1:" + hub.getEnvironment().getProperty("local.server.port");
        TestDatabase database = TestDatabase.start(folder.resolve("postgres"));
        databaseProperties = database.properties();
        closeShared = () -> {
            hub.close();
            database.close();
        };
        start(more);
    }

    void start(String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "--server.port=0",
                "--starling.auth.secret=" + SECRET,
                "--starling.auth.hub-endpoint=" + hubUrl,
                "--starling.auth.hub-timeout=4s",
                "--starling.auth.operators=olga",
                "--starling.auth.runs[0].name=" + RUN,
                "--starling.auth.runs[0].description=Draws emoji",
                "--starling.auth.runs[0].task=emoji",
                "--starling.auth.runs[0].target-batch-size=256",
                "--starling.auth.runs[0].task-settings.width=128",
                "--starling.auth.runs[0].averaging.codec=none",
                "--starling.auth.runs[0].averaging.round-timeout=30s",
                "--starling.auth.runs[0].entry-points=127.0.0.1:7000",
                "--starling.auth.runs[0].moderators=ada",
                "--starling.auth.runs[0].operators=otto",
                "--starling.auth.runs[0].auxiliaries=max",
                "--starling.auth.runs[1].name=demo/other",
                "--starling.auth.runs[1].task=emoji",
                "--starling.auth.runs[1].target-batch-size=1"));
        databaseProperties.forEach((name, value) -> settings.add("--" + name + "=" + value));
        for (String setting : more) {
            settings.removeIf(each -> each.startsWith(setting.substring(0, setting.indexOf('=') + 1)));
            settings.add(setting);
        }
        ApplicationContextInitializer<GenericApplicationContext> movableClock =
                starting -> starting.registerBean(InstantSource.class, () -> clock);
        context = new SpringApplicationBuilder(AuthServiceApplication.class)
                .initializers(movableClock)
                .run(settings.toArray(String[]::new));
        url = "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    }

    static String token(String person) {
        return "hf_token_of_" + person;
    }

    Instant now() {
        return clock.instant();
    }

    void pass(Duration time) {
        offset.updateAndGet(each -> each.plus(time));
    }

    /** A browser with cookies, which follows no redirect by itself. */
    static HttpClient browser(CookieManager cookies) {
        return HttpClient.newBuilder().cookieHandler(cookies).build();
    }

    HttpResponse<String> get(String path, String person) {
        return send(request(path, person).GET());
    }

    HttpResponse<String> delete(String path, String person) {
        return send(request(path, person).DELETE());
    }

    HttpResponse<String> send(String method, String path, String person, String body) {
        return send(request(path, person)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body)));
    }

    HttpResponse<String> post(String path, String person, String body) {
        return send(
                request(path, person).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    /** A request with the person's hub token, or with none for null. */
    HttpRequest.Builder request(String path, String person) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(20));
        return person == null ? request : request.header("Authorization", "Bearer " + token(person));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        return send(HttpClient.newHttpClient(), request);
    }

    static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void hubFault(String fault) {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(URI.create(hubUrl + "/_hub/faults"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(fault)));
        if (answer.statusCode() != 204) {
            throw new AssertionError(answer.body());
        }
    }

    HttpResponse<String> askForToken(String person, PeerIdentity identity, String... roles) {
        return post(RUN_PATH + "/tokens", person, tokenRequest(identity, proof(identity), roles));
    }

    PeerProof proof(PeerIdentity identity) {
        return PeerProof.create(identity, RUN, now());
    }

    static String tokenRequest(PeerIdentity identity, PeerProof proof, String... roles) {
        Base64.Encoder base64 = Base64.getEncoder();
        ObjectNode body = JSON.createObjectNode();
        body.put("ed25519PublicKey", base64.encodeToString(identity.publicKey()));
        try {
            body.put("certificate", base64.encodeToString(identity.certificate().getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new AssertionError(e);
        }
        for (String role : roles) {
            body.withArray("roles").add(role);
        }
        body.putObject("proof")
                .put("timeMillis", proof.time().toEpochMilli())
                .put("nonce", base64.encodeToString(proof.nonce()))
                .put("signature", base64.encodeToString(proof.signature()));
        return body.toString();
    }

    void approve(String person) {
        post(RUN_PATH + "/join-requests", person, "");
        HttpResponse<String> answer = post(RUN_PATH + "/join-requests/" + requestId(person) + "/approve", "ada", "");
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.body());
        }
    }

    long requestId(String person) {
        return json(get(RUN_PATH + "/join-requests/me", person)).path("id").asLong();
    }

    static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    static String form(Map<String, String> fields) {
        StringBuilder form = new StringBuilder();
        fields.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return form.toString();
    }

    @Override
    public void close() {
        context.close();
        closeShared.run();
    }
}
