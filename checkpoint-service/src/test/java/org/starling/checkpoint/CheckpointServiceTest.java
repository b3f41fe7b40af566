package org.starling.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.starling.checkpoint.archive.CheckpointArchive;
import org.starling.checkpoint.catalog.Checkpoint;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.hub.HubUploader;
import org.starling.checkpoint.keeper.CheckpointKeeper;
import org.starling.checkpoint.keeper.HubUploads;
import org.starling.checkpoint.testing.InMemorySwarm;
import org.starling.checkpoint.testing.ToyRun;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The service on a real database and real files, before a swarm and an auth service that the test plays. The database ends with the class, before
 * its folder does.
 */
@DirtiesContext
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "starling.peer.enabled=false",
            "starling.checkpoint.every-epochs=5",
            "starling.checkpoint.keep=2",
            "spring.jpa.hibernate.ddl-auto=validate"
        })
class CheckpointServiceTest {
    @TempDir
    static Path data;

    @SuppressWarnings("NullAway.Init")
    private static HttpServer authService;

    private static final AtomicReference<AuthAnswer> authAnswer = new AtomicReference<>(new AuthAnswer(500, "{}"));
    private static final AtomicReference<@Nullable String> authSaw = new AtomicReference<>();

    private record AuthAnswer(int status, String body) {}

    @TestConfiguration(proxyBeanMethods = false)
    static class TestSwarm {
        @Bean
        InMemorySwarm swarm() {
            return new InMemorySwarm();
        }
    }

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) throws IOException {
        authService = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        authService.createContext("/api/v1/runs/birds/toy/orders", exchange -> {
            authSaw.set(exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes()));
            AuthAnswer answer = Objects.requireNonNull(authAnswer.get());
            byte[] body = answer.body().getBytes();
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        authService.start();
        registry.add(
                "starling.auth.url",
                () -> "http://127.0.0.1:" + authService.getAddress().getPort());
        registry.add("starling.postgres.data", () -> data.resolve("postgres"));
        registry.add("starling.checkpoint.folder", () -> data.resolve("checkpoints"));
    }

    @LocalServerPort
    int port;

    @Autowired
    InMemorySwarm swarm;

    @Autowired
    CheckpointArchive archive;

    @Autowired
    CheckpointCatalog catalog;

    @Autowired
    CheckpointProperties properties;

    @Autowired
    JdbcTemplate jdbc;

    @Autowired
    JsonMapper json;

    private final HttpClient http = HttpClient.newHttpClient();
    private CheckpointKeeper keeper;

    @BeforeEach
    void startOver() throws IOException {
        jdbc.execute("TRUNCATE checkpoint, rollback");
        for (var stored : archive.scan()) {
            archive.delete(stored.folder());
        }
        swarm.forget();
        authAnswer.set(new AuthAnswer(500, "{}"));
        authSaw.set(null);
        keeper = newKeeper();
        keeper.start().join();
    }

    @AfterEach
    void stop() {
        swarm.forgetStates();
        keeper.close();
    }

    @Test
    void keepsTheFirstEpochAfterTheStartAndThenEveryFifth() {
        for (int epoch = 3; epoch <= 14; epoch++) {
            commit(0, epoch);
        }
        assertThat(epochs()).containsExactly(13L, 8L);
        assertThat(swarm.served()).extracting(StateReference::epoch).containsExactly(3L, 8L, 13L);
        assertThat(catalog.list().get(0).loss()).isEqualTo(2.5);
        assertThat(properties.folder().toFile().list()).hasSize(2);
    }

    @Test
    void anEpochWhoseStateNobodyHasIsSkippedForTheNext() {
        swarm.commit(0, 1);
        swarm.forgetStates();
        keeper.headMoved().join();
        commit(0, 2);
        assertThat(epochs()).containsExactly(2L);
    }

    @Test
    void takesALastCheckpointOnShutdown() {
        commit(0, 1);
        commit(0, 2);
        assertThat(epochs()).containsExactly(1L);

        keeper.close();

        assertThat(epochs()).containsExactly(2L, 1L);
    }

    @Test
    void aRestartGivesTheNewestCheckpointBackToTheSwarm() {
        commit(0, 5);
        commit(0, 10);

        restart();

        assertThat(swarm.adopted()).containsExactly(ToyRun.record(0, 10));
        assertThat(swarm.served()).containsExactly(ToyRun.record(0, 10).stateReference());
    }

    @Test
    void aDamagedCheckpointIsMarkedAndTheOneBeforeItIsUsed() throws Exception {
        commit(0, 5);
        commit(0, 10);
        truncate(catalog.list().get(0));

        restart();

        assertThat(swarm.adopted()).containsExactly(ToyRun.record(0, 5));
        JsonNode newest = body(get("/api/v1/checkpoints")).path(0);
        assertThat(newest.path("epoch").asLong()).isEqualTo(10);
        assertThat(newest.path("state").asString()).isEqualTo("corrupt");
        assertThat(newest.path("problem").asString()).contains("model.safetensors");
        assertThat(newest.path("hub").path("state").asString()).isEqualTo("off");
    }

    @Test
    void aStartWithoutTheDiskSpoilsNoCheckpoint() throws Exception {
        commit(0, 5);
        commit(0, 10);
        Path away = data.resolve("away");
        swarm.forgetStates();
        Files.move(properties.folder(), away);
        Files.createDirectory(properties.folder());

        restart();

        assertThat(swarm.adopted()).isEmpty();
        assertThat(catalog.list()).extracting(Checkpoint::problem).doesNotContainNull();

        Files.delete(properties.folder());
        Files.move(away, properties.folder());
        restart();

        assertThat(swarm.adopted()).containsExactly(ToyRun.record(0, 10));
        assertThat(catalog.list()).extracting(Checkpoint::problem).containsOnlyNulls();
    }

    @Test
    void checkpointsThatTheDatabaseHasForgottenAreFoundOnDisk() {
        commit(0, 5);
        jdbc.execute("TRUNCATE checkpoint");

        restart();

        assertThat(epochs()).containsExactly(5L);
        assertThat(swarm.adopted()).containsExactly(ToyRun.record(0, 5));
    }

    @Test
    void afterARollbackItsStateIsServedAgainUntilTheGenerationHasACheckpointOfItsOwn() {
        commit(0, 5);
        commit(0, 10);
        SignedOrder order = swarm.signRollback(1, 1, ToyRun.record(0, 5).stateReference());
        keeper.close();
        swarm.forget();
        swarm.knew(order);
        keeper = newKeeper();
        keeper.start().join();

        assertThat(swarm.served()).extracting(StateReference::epoch).containsExactly(10L, 5L);
        assertThat(catalog.rollbacks()).singleElement().satisfies(rollback -> {
            assertThat(rollback.generation()).isEqualTo(1);
            assertThat(rollback.epoch()).isEqualTo(5);
        });
    }

    @Test
    void aCheckpointThatARollbackLedToIsNeverDropped() {
        commit(0, 5);
        keeper.ordered(swarm.signRollback(1, 1, ToyRun.record(0, 5).stateReference()))
                .join();
        commit(1, 6);
        commit(1, 11);
        commit(1, 16);

        assertThat(epochs()).containsExactly(16L, 11L, 5L);
    }

    @Test
    void whatIsBeingUploadedIsNotDroppedHoweverLongItTakes() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        HttpServer hub = hub(exchange -> {
            asked.countDown();
            over.await();
        });
        try (HubUploads uploads = uploads(hub, HubUploads.newExecutor())) {
            keeper.close();
            keeper = new CheckpointKeeper(swarm, archive, catalog, Optional.of(uploads), properties);
            commit(0, 5);
            asked.await();
            for (int epoch = 10; epoch <= 30; epoch += 5) {
                commit(0, epoch);
            }
            assertThat(epochs()).containsExactly(30L, 25L, 5L);
            assertThat(archive.folder(catalog.list().get(2).folder())).isNotEmptyDirectory();

            over.countDown();
            await().until(() -> catalog.list().get(2).hubState() == Checkpoint.HubState.FAILED);
            commit(0, 35);
            assertThat(epochs()).containsExactly(35L, 30L);
        } finally {
            over.countDown();
            hub.stop(0);
        }
    }

    @Test
    void uploadsThatFailAreTriedAgainOneByOne() throws Exception {
        HttpServer hub = hub(exchange -> {});
        ScheduledThreadPoolExecutor executor = HubUploads.newExecutor();
        try (HubUploads uploads = uploads(hub, executor)) {
            keeper.close();
            keeper = new CheckpointKeeper(swarm, archive, catalog, Optional.of(uploads), properties);
            for (int epoch = 5; epoch <= 15; epoch += 5) {
                long before = executor.getCompletedTaskCount();
                commit(0, epoch);
                await().until(() -> executor.getCompletedTaskCount() > before && executor.getActiveCount() == 0);
            }
            assertThat(executor.getQueue()).as("tries to come").hasSize(1);
        } finally {
            hub.stop(0);
        }
    }

    private interface Hub {
        void answer(HttpExchange exchange) throws InterruptedException;
    }

    /** Refuses everything, when it is ready. */
    private static HttpServer hub(Hub hub) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try {
                hub.answer(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(400, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private HubUploads uploads(HttpServer hub, ScheduledThreadPoolExecutor executor) {
        HubUploader uploader = new HubUploader(
                URI.create("http://127.0.0.1:" + hub.getAddress().getPort()),
                "birds/toy",
                "hf_x",
                false,
                json,
                pause -> {});
        return new HubUploads(uploader, archive, catalog, Duration.ofHours(1), executor);
    }

    @Test
    void anOperatorTakesTheSwarmBackAndTheStateIsServedFirst() throws Exception {
        commit(0, 5);
        commit(0, 10);
        Checkpoint target = catalog.list().get(1);
        SignedOrder order = swarm.signRollback(1, 1, target.state());
        authAnswer.set(new AuthAnswer(
                200, "{\"number\":1,\"order\":\"" + Base64.getEncoder().encodeToString(order.toBytes()) + "\"}"));

        HttpResponse<String> answer = rollBack("{\"checkpoint\":" + target.id() + "}", "Bearer hf_operator");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        assertThat(body(answer).path("number").asLong()).isEqualTo(1);
        assertThat(swarm.events()).endsWith("serve 5", "submit 1");
        assertThat(authSaw.get())
                .startsWith("Bearer hf_operator ")
                .contains("\"type\":\"rollback\"", "\"epoch\":5", target.stateDigest());
        assertThat(body(get("/api/v1/admin/rollbacks"))
                        .path(0)
                        .path("stateDigest")
                        .asString())
                .isEqualTo(target.stateDigest());
    }

    @Test
    void anOrderForAnotherStateThanAskedForIsNotSubmitted() throws Exception {
        commit(0, 5);
        SignedOrder other = swarm.signRollback(1, 1, ToyRun.record(0, 4).stateReference());
        authAnswer.set(
                new AuthAnswer(200, "{\"order\":\"" + Base64.getEncoder().encodeToString(other.toBytes()) + "\"}"));

        assertProblem(rollBack(newest(), "Bearer hf_operator"), 502, "another order");
        assertThat(swarm.events()).doesNotContain("submit 1");
    }

    @Test
    void refusesWhoIsNoOperatorAndSaysWhatIsWrong() throws Exception {
        commit(0, 5);

        HttpResponse<String> anonymous = rollBack(newest(), null);
        assertProblem(anonymous, 401, "Authorization: Bearer");
        assertThat(anonymous.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(authSaw.get()).isNull();

        authAnswer.set(new AuthAnswer(401, "{\"detail\":\"The token has expired\"}"));
        assertProblem(rollBack(newest(), "Bearer hf_old"), 401, "The token has expired");

        authAnswer.set(new AuthAnswer(403, "{\"detail\":\"ada is no operator\"}"));
        assertProblem(rollBack(newest(), "Bearer hf_ada"), 403, "ada is no operator");

        assertProblem(rollBack("{\"checkpoint\":424242}", "Bearer hf_operator"), 404, "There is no checkpoint 424242");
        assertProblem(rollBack("{}", "Bearer hf_operator"), 400, "the id of a checkpoint");
        assertProblem(rollBack("nonsense", "Bearer hf_operator"), 400, "the id of a checkpoint");
        assertProblem(get("/api/v1/checkpoints/424242"), 404, "There is no checkpoint 424242");
        assertProblem(get("/api/v1/checkpoints/first"), 400, "");
    }

    @Test
    void saysThatTheAuthServiceIsAwayOrTheCheckpointDamaged() throws Exception {
        commit(0, 5);
        authAnswer.set(new AuthAnswer(503, "{}"));
        assertProblem(rollBack(newest(), "Bearer hf_operator"), 503, "try again when it is up");

        String request = newest();
        truncate(catalog.list().get(0));
        assertProblem(rollBack(request, "Bearer hf_operator"), 409, "damaged");
    }

    private CheckpointKeeper newKeeper() {
        return new CheckpointKeeper(swarm, archive, catalog, Optional.empty(), properties);
    }

    private void restart() {
        swarm.forgetStates();
        keeper.close();
        swarm.forget();
        keeper = newKeeper();
        keeper.start().join();
    }

    /** Commits an epoch and waits until the keeper has looked at it. */
    private void commit(long generation, long epoch) {
        EpochRecord record = swarm.commit(generation, epoch);
        keeper.headMoved().join();
        assertThat(swarm.head()).hasValue(record);
    }

    private List<Long> epochs() {
        return catalog.list().stream().map(Checkpoint::epoch).toList();
    }

    private String newest() {
        return "{\"checkpoint\":" + catalog.list().get(0).id() + "}";
    }

    private void truncate(Checkpoint checkpoint) throws IOException {
        Path file = archive.folder(checkpoint.folder()).resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 8));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(HttpRequest.newBuilder(address(path)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> rollBack(String body, @Nullable String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(address("/api/v1/admin/rollback"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private URI address(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private JsonNode body(HttpResponse<String> response) {
        return json.readTree(response.body());
    }

    private void assertProblem(HttpResponse<String> response, int status, String detail) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(body(response).path("detail").asString("")).contains(detail);
    }
}
