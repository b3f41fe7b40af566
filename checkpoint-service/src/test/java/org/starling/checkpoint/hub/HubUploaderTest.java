package org.starling.checkpoint.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.starling.hub.LocalHubApplication;
import tools.jackson.databind.json.JsonMapper;

class HubUploaderTest {
    private static final String TOKEN = "hf_keeper";
    private static final List<String> NAMES = List.of("model.safetensors", "README.md");

    @TempDir
    static Path data;

    private static ConfigurableApplicationContext hub;
    private static URI address;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.builder().build();
    private final List<Duration> pauses = new ArrayList<>();
    private String repository;
    /** Another one for every test: what the hub has already is not uploaded again. */
    private byte[] model;

    @BeforeAll
    static void startHub() {
        hub = LocalHubApplication.start(
                "--server.port=0",
                "--hub.data=" + data,
                "--hub.accounts[0].name=keeper",
                "--hub.accounts[0].token=" + TOKEN);
        address = URI.create("http://127.0.0.1:" + hub.getEnvironment().getRequiredProperty("local.server.port"));
    }

    @AfterAll
    static void stopHub() {
        hub.close();
    }

    @BeforeEach
    void writeFiles(TestInfo test) throws IOException {
        repository = "keeper/" + test.getTestMethod().orElseThrow().getName().replaceAll("[^A-Za-z0-9]", "");
        model = Arrays.copyOf(repository.getBytes(UTF_8), 70_000);
        Files.write(folder.resolve("model.safetensors"), model);
        Files.writeString(folder.resolve("README.md"), "---\nlibrary_name: starling\n---\n\n# A model\n");
    }

    @Test
    void uploadsLargeFilesToLfsAndSmallOnesInTheCommit() throws Exception {
        String url = uploader().upload(folder, NAMES, "Epoch 1");

        assertThat(url).startsWith(address + "/" + repository + "/commit/");
        assertThat(get("/" + repository + "/resolve/main/model.safetensors")).isEqualTo(model);
        assertThat(new String(get("/" + repository + "/resolve/main/README.md")))
                .contains("# A model");
        assertThat(pauses).isEmpty();
    }

    @Test
    void everyCheckpointIsOneCommitOnTopOfTheLast() throws Exception {
        HubUploader uploader = uploader();
        String first = uploader.upload(folder, NAMES, "Epoch 1");
        Files.write(folder.resolve("model.safetensors"), new byte[70_001]);
        String second = uploader.upload(folder, NAMES, "Epoch 2");

        assertThat(second).isNotEqualTo(first);
        assertThat(titles()).startsWith("Epoch 2", "Epoch 1");
        assertThat(uploader().upload(folder, NAMES, "Epoch 2"))
                .as("the same again, as after a restart")
                .isEqualTo(second);
    }

    @Test
    void waitsAndTriesAgainWhileTheHubIsBusy() throws Exception {
        arm("/api/models/**", "POST", "STATUS", 503, null, 2);
        arm("/*/*/info/lfs/objects/batch", "POST", "HTML", 502, null, 1);
        arm("/_storage/**", "PUT", "STATUS", 500, null, 1);

        uploader().upload(folder, NAMES, "Epoch 1");

        assertThat(titles()).startsWith("Epoch 1");
        assertThat(pauses)
                .startsWith(Duration.ofSeconds(1), Duration.ofSeconds(2))
                .hasSize(4);
    }

    @Test
    void waitsUntilTheRateLimitsWindowIsOver() throws Exception {
        arm("/api/models/*/*/commit/main", "POST", "STATUS", 429, 17, 1);

        uploader().upload(folder, NAMES, "Epoch 1");

        assertThat(pauses).containsExactly(Duration.ofSeconds(18));
        assertThat(titles()).startsWith("Epoch 1");
    }

    @Test
    void aCommitWhoseAnswerWasLostIsNotMadeTwice() throws Exception {
        arm("/api/models/*/*/commit/main", "POST", "DROP", null, null, 1);

        String url = uploader().upload(folder, NAMES, "Epoch 1");

        assertThat(titles()).filteredOn("Epoch 1"::equals).hasSize(1);
        assertThat(url).contains("/commit/");
    }

    @Test
    void aCommitOnAParentThatHasMovedIsMadeAgainOnTheNewOne() throws Exception {
        arm("/api/models/*/*/commit/main", "POST", "STATUS", 412, null, 1);

        uploader().upload(folder, NAMES, "Epoch 1");

        assertThat(titles()).startsWith("Epoch 1");
    }

    @Test
    void givesUpWithTheReasonAfterFiveRetries() {
        arm("/api/repos/create", "POST", "STATUS", 503, null, 6);

        assertThatThrownBy(() -> uploader().upload(folder, NAMES, "Epoch 1"))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("POST " + address + "/api/repos/create answered 503");
        assertThat(pauses).hasSize(5);
    }

    @Test
    void aTokenThatMayNotWriteIsNotTriedAgain() {
        HubUploader stranger = new HubUploader(address, repository, "hf_stranger", false, json, pauses::add);

        assertThatThrownBy(() -> stranger.upload(folder, NAMES, "Epoch 1"))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("answered 401")
                .hasMessageNotContaining("hf_stranger");
        assertThat(pauses).isEmpty();
    }

    private HubUploader uploader() {
        return new HubUploader(address, repository, TOKEN, false, json, pauses::add);
    }

    private List<String> titles() throws Exception {
        return json.readTree(get("/api/models/" + repository + "/commits/main"))
                .valueStream()
                .map(commit -> commit.path("title").asString())
                .toList();
    }

    private byte[] get(String path) throws IOException, InterruptedException {
        HttpClient following = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        var response =
                following.send(HttpRequest.newBuilder(address.resolve(path)).build(), BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    private void arm(
            String path,
            String method,
            String kind,
            @Nullable Integer status,
            @Nullable Integer retryAfterSeconds,
            int times) {
        var fault = json.createObjectNode()
                .put("path", path)
                .put("method", method)
                .put("kind", kind)
                .put("status", status)
                .put("retryAfterSeconds", retryAfterSeconds)
                .put("times", times);
        try {
            var response = http.send(
                    HttpRequest.newBuilder(address.resolve("/_hub/faults"))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(fault.toString()))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(204);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
