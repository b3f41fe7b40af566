package org.starling.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.starling.spring.SmallAuthService;
import org.starling.spring.StartupProblem;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.wire.proto.Evaluation;

/** Real peers over real connections: one that trains and draws, a trainer and a painter that can only dial out. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PeerServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    static Path data;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ConfigurableApplicationContext> running = new ArrayList<>();
    private SmallAuthService auth;
    private int port;
    private ConfigurableApplicationContext painterAndTrainer;
    private ConfigurableApplicationContext trainer;
    private ConfigurableApplicationContext painter;

    @BeforeAll
    void startPeers() throws IOException {
        auth = new SmallAuthService().thenGrant("""
                        "task": "toy", "targetBatchSize": 512,
                        "averaging": {"matchmakingWindow": "PT1S"},
                        "membership": {"heartbeat": "PT0.3S", "lifetime": "PT5S"}""", Duration.ofHours(1));
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        painterAndTrainer =
                start("a", "trainer,inference", "starling.peer.host=127.0.0.1", "spring.grpc.server.port=" + port);
        trainer = start("b", "trainer", "starling.peer.entry-points=127.0.0.1:" + port);
        painter = start("c", "inference", "starling.peer.entry-points=127.0.0.1:" + port);
    }

    @AfterAll
    void stopPeers() {
        running.forEach(ConfigurableApplicationContext::close);
        auth.close();
    }

    private ConfigurableApplicationContext start(String name, String roles, String... properties) {
        return start(auth, name, roles, properties);
    }

    private ConfigurableApplicationContext start(
            SmallAuthService auth, String name, String roles, String... properties) {
        List<String> arguments = new ArrayList<>(List.of(
                "starling.run=" + SmallAuthService.RUN,
                "starling.auth.url=" + auth.url(),
                "starling.auth.hub-token=hf_secret",
                "starling.peer.data=" + data.resolve(name),
                "starling.peer.roles=" + roles,
                "starling.peer.threads=1",
                "starling.peer.max-samples-per-second=1000",
                "starling.peer.evaluation-interval=2",
                "server.port=0"));
        arguments.addAll(List.of(properties));
        ConfigurableApplicationContext context = new SpringApplicationBuilder(PeerServiceApplication.class)
                .run(arguments.stream()
                        .filter(argument -> isLast(argument, arguments))
                        .map(argument -> "--" + argument)
                        .toArray(String[]::new));
        running.add(context);
        return context;
    }

    /** Boot would join the values of equal names. */
    private static boolean isLast(String argument, List<String> arguments) {
        String name = argument.substring(0, argument.indexOf('=') + 1);
        return arguments.subList(arguments.lastIndexOf(argument) + 1, arguments.size()).stream()
                .noneMatch(later -> later.startsWith(name));
    }

    private static NodeStatus status(ConfigurableApplicationContext peer) {
        return peer.getBean(SwarmNode.class).status();
    }

    private HttpResponse<byte[]> get(ConfigurableApplicationContext peer, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + peer.getEnvironment().getProperty("local.server.port") + path);
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void trainersCommitEpochsTogetherAndHoldTheSameState() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            NodeStatus one = status(painterAndTrainer);
            NodeStatus other = status(trainer);
            assertThat(one.head())
                    .hasValueSatisfying(head -> assertThat(head.members()).hasSize(2));
            assertThat(one.state().map(StateReference::epoch))
                    .hasValueSatisfying(epoch -> assertThat(epoch).isPositive());
            assertThat(one.state()).isEqualTo(other.state());
        });
    }

    @Test
    void oneThatDrawsValidatesForTheSwarm() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<Evaluation> heard = status(trainer).peers().stream()
                    .filter(peer -> peer.progress() != null)
                    .flatMap(peer -> peer.progress().getEvaluationsList().stream())
                    .toList();
            assertThat(heard).isNotEmpty().allSatisfy(evaluation -> {
                assertThat(evaluation.getEpoch() % 2).isZero();
                assertThat(evaluation.getLoss()).isPositive();
                assertThat(evaluation.getBaselinesMap()).containsKey("frequency");
            });
        });
    }

    @Test
    void bothPaintersDrawPromptsAndOfferAGallery() {
        for (ConfigurableApplicationContext peer : List.of(painterAndTrainer, painter)) {
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                HttpResponse<byte[]> response = get(peer, "/api/v1/images?prompt=three%20rings&seed=4");
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.headers().firstValue("content-type")).contains("image/png");
                assertThat(ImageIO.read(new ByteArrayInputStream(response.body()))
                                .getWidth())
                        .isEqualTo(32);
                assertThat(new String(get(peer, "/api/v1/gallery").body()))
                        .contains("\"prompt\":\"rings\"", "data:image/png;base64,");
            });
        }
    }

    @Test
    void picturesReachOtherPeers() {
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            SwarmNode node = trainer.getBean(SwarmNode.class);
            assertThat(node.fetchGallery(painterAndTrainer
                                    .getBean(org.starling.spring.SwarmMembership.class)
                                    .identity()
                                    .id())
                            .get(5, java.util.concurrent.TimeUnit.SECONDS)
                            .getPicturesList())
                    .isNotEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/images,prompt",
        "/api/v1/images?prompt=%20,prompt",
        "/api/v1/images?prompt=a%0Ab,prompt",
        "/api/v1/images?prompt=a&seed=b,seed"
    })
    void aRequestThatMakesNoSenseIsExplained(String path, String mention) throws Exception {
        HttpResponse<byte[]> response = get(painterAndTrainer, path);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(new String(response.body())).contains(mention);
    }

    @Test
    void aPeerThatDoesNotDrawSaysSo() throws Exception {
        HttpResponse<byte[]> response = get(trainer, "/api/v1/images?prompt=a");

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(new String(response.body())).contains("inference role");
    }

    @Test
    void saysWhatItDoesInSentencesAndInNumbers() throws Exception {
        assertThat(new String(get(trainer, "/api/v1/peer/explain").body())).contains("ada", "starling/test");
        assertThat(new String(get(trainer, "/api/v1/peer/status").body()))
                .contains("\"account\":\"ada\"", "\"roles\":[\"trainer\"]", "\"stateDigest\":\"");
        assertThat(new String(get(trainer, "/actuator/health").body())).contains("\"swarm\":{");
        assertThat(new String(get(trainer, "/actuator/prometheus").body()))
                .contains("starling_epoch", "starling_trainer_samples_total");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"task\": \"tiy\" | unknown task 'tiy'",
                "\"task\": \"toy\", \"taskSettings\": {\"learning-rate\": \"1\"} | unknown setting learning-rate",
            })
    void aTaskThatCannotBeEndsTheProcess(String task, String complaint) throws IOException {
        try (SmallAuthService other =
                new SmallAuthService().thenGrant(task + ", \"targetBatchSize\": 1", Duration.ofHours(1))) {
            assertThatThrownBy(() -> start(other, "d", "trainer"))
                    .hasRootCauseInstanceOf(StartupProblem.class)
                    .hasStackTraceContaining(complaint);
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aPortThatIsTakenEndsTheProcess(CapturedOutput output) {
        assertThatThrownBy(() ->
                        start("f", "auxiliary", "starling.peer.host=127.0.0.1", "spring.grpc.server.port=" + port))
                .hasRootCauseInstanceOf(java.io.IOException.class);
        assertThat(output).contains(port + " for other peers cannot be used", "spring.grpc.server.port");
    }

    @ParameterizedTest
    @CsvSource({"threads,0", "micro-batch,0", "max-samples-per-second,-1", "evaluation-interval,0", "drawing-share,0"})
    void aNumberThatCannotBeEndsTheProcess(String property, String value) {
        assertThatThrownBy(() -> start("e", "trainer", "starling.peer." + property + "=" + value))
                .hasRootCauseInstanceOf(StartupProblem.class)
                .hasStackTraceContaining(property);
    }
}
