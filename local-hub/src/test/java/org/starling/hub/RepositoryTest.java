package org.starling.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starling.hub.RunningHub.bearer;
import static org.starling.hub.RunningHub.json;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@NullUnmarked
class RepositoryTest {

    private static final String[] ADA = {"Authorization", bearer(RunningHub.ADA)};
    private static final String[] BOB = {"Authorization", bearer(RunningHub.BOB)};

    @TempDir
    static Path data;

    private static RunningHub hub;
    private static int made;

    @BeforeAll
    static void start() {
        hub = new RunningHub(data);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @AfterEach
    void clearFaults() {
        hub.send(hub.request("/_hub/faults").DELETE());
    }

    @Test
    void aRepositoryIsMadeOnceAndByThoseWhoMay() {
        String body = "{\"name\":\"model\",\"organization\":\"birds\",\"type\":\"model\"}";
        JsonNode answer = json(hub.postJson("/api/repos/create", body, ADA));
        assertThat(answer.path("id").asString()).isEqualTo("birds/model");
        assertThat(hub.postJson("/api/repos/create", body, ADA).statusCode()).isEqualTo(409);
        assertThat(hub.postJson("/api/repos/create", body, BOB).statusCode()).isEqualTo(403);
        assertThat(hub.postJson("/api/repos/create", body).statusCode()).isEqualTo(401);
        assertThat(hub.postJson("/api/repos/create", body, "Authorization", bearer(RunningHub.READER))
                        .statusCode())
                .isEqualTo(403);
        assertThat(hub.postJson("/api/repos/create", "{\"name\":\"../up\"}", ADA)
                        .statusCode())
                .isEqualTo(400);
        assertThat(hub.postJson("/api/repos/create", "{", ADA).statusCode()).isEqualTo(400);
    }

    @Test
    void preuploadDecidesWhatGoesWhere() {
        String repository = create();
        commit(repository, file("known.txt", "hello"));
        JsonNode files = json(hub.postJson("/api/models/" + repository + "/preupload/main", """
                        {"gitIgnore":"*.tmp\\n/secret/\\n","files":[
                         {"path":"model.safetensors","size":100,"sample":"AAAA"},
                         {"path":"README.md","size":5,"sample":"aGVsbG8="},
                         {"path":"empty.bin","size":0,"sample":""},
                         {"path":"a/b.tmp","size":1,"sample":"YQ=="},
                         {"path":"secret/key","size":1,"sample":"YQ=="},
                         {"path":"large.txt","size":99999999,"sample":"YQ=="},
                         {"path":"known.txt","size":5,"sample":"aGVsbG8="}]}""", ADA))
                .path("files");
        assertThat(files.valueStream().map(each -> each.path("uploadMode").asString()))
                .containsExactly("lfs", "regular", "regular", "regular", "regular", "lfs", "regular");
        assertThat(files.valueStream().map(each -> each.path("shouldIgnore").asBoolean()))
                .containsExactly(false, false, false, true, true, false, false);
        // git hash-object of "hello"
        assertThat(files.get(6).path("oid").asString()).isEqualTo("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    }

    @Test
    void anLfsFileIsUploadedVerifiedCommittedAndReadInRanges() throws Exception {
        String repository = create();
        byte[] content = bytes(300_000, 1);
        String oid = sha256(content);

        JsonNode object = batch(repository, oid, content.length).get(0);
        String href = object.path("actions").path("upload").path("href").asString();
        assertThat(hub.send(hub.request(href, ADA).PUT(BodyPublishers.ofByteArray(content)))
                        .statusCode())
                .as("an Authorization header, which the store refuses")
                .isEqualTo(400);
        assertThat(hub.send(hub.request(href)
                                .PUT(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(content))))
                        .statusCode())
                .as("chunked transfer, which the store does not implement")
                .isEqualTo(501);
        assertThat(hub.send(hub.request(href).PUT(BodyPublishers.ofByteArray(bytes(300_000, 2))))
                        .statusCode())
                .as("other content than announced")
                .isEqualTo(400);
        assertThat(put(href, content).statusCode()).isEqualTo(200);
        String verify = object.path("actions").path("verify").path("href").asString();
        assertThat(hub.postJson(verify, "{\"oid\":\"%s\",\"size\":%d}".formatted(oid, content.length), ADA)
                        .statusCode())
                .isEqualTo(200);
        assertThat(batch(repository, oid, content.length).get(0).has("actions"))
                .as("stored already")
                .isFalse();

        String commit = commit(repository, lfsFile("weights/model.safetensors", oid, content.length));

        HttpResponse<String> resolved = hub.get("/" + repository + "/resolve/main/weights/model.safetensors");
        assertThat(resolved.statusCode()).isEqualTo(302);
        assertThat(resolved.headers().firstValue("X-Linked-ETag")).contains("\"" + oid + "\"");
        assertThat(resolved.headers().firstValue("X-Linked-Size")).contains("300000");
        assertThat(resolved.headers().firstValue("X-Repo-Commit")).contains(commit);
        String location = resolved.headers().firstValue("Location").orElseThrow();
        assertThat(sha256(download(location).body())).isEqualTo(oid);
        HttpResponse<byte[]> range = download(location, "Range", "bytes=299990-");
        assertThat(range.statusCode()).isEqualTo(206);
        assertThat(range.body()).isEqualTo(Arrays.copyOfRange(content, 299_990, 300_000));
        assertThat(download(location, "Range", "bytes=300000-").statusCode()).isEqualTo(416);
        assertThat(download(location.replaceAll(".$", "x")).statusCode()).isEqualTo(403);
        hub.pass(Duration.ofHours(2));
        assertThat(download(location).statusCode()).as("the signature expired").isEqualTo(403);

        JsonNode tree = json(hub.get("/api/models/" + repository + "/tree/main?recursive=true"));
        assertThat(tree.valueStream().map(each -> each.path("path").asString()))
                .containsExactly(".gitattributes", "weights", "weights/model.safetensors");
        assertThat(tree.get(2).path("lfs").path("oid").asString()).isEqualTo(oid);
    }

    @Test
    void aLargeFileGoesInParts() throws Exception {
        String repository = create();
        byte[] content = bytes(2_500_000, 3);
        String oid = sha256(content);
        JsonNode upload =
                batch(repository, oid, content.length).get(0).path("actions").path("upload");
        JsonNode header = upload.path("header");
        assertThat(header.path("chunk_size").isString()).isTrue();
        int chunk = Integer.parseInt(header.path("chunk_size").asString());
        List<String> parts = new ArrayList<>();
        for (int number = 1; (number - 1) * chunk < content.length; number++) {
            byte[] slice = Arrays.copyOfRange(content, (number - 1) * chunk, Math.min(content.length, number * chunk));
            HttpResponse<String> answer =
                    put(header.path("%05d".formatted(number)).asString(), slice);
            parts.add("{\"partNumber\":%d,\"etag\":%s}"
                    .formatted(
                            number,
                            RunningHub.JSON.writeValueAsString(
                                    answer.headers().firstValue("ETag").orElseThrow())));
        }
        assertThat(parts).hasSize(3);
        String href = upload.path("href").asString();
        String incomplete = "{\"oid\":\"%s\",\"parts\":[%s]}".formatted(oid, String.join(",", parts.subList(0, 2)));
        assertThat(hub.postJson(href, incomplete, ADA).statusCode()).isEqualTo(400);
        String complete = "{\"oid\":\"%s\",\"parts\":[%s]}".formatted(oid, String.join(",", parts));
        assertThat(hub.postJson(href, complete, ADA).statusCode()).isEqualTo(200);

        commit(repository, lfsFile("large.bin", oid, content.length));
        assertThat(json(hub.get("/api/models/" + repository + "?blobs=true"))
                        .path("siblings")
                        .get(1)
                        .path("size")
                        .asInt())
                .isEqualTo(content.length);
    }

    @Test
    void aBatchTellsErrorsObjectByObject() {
        JsonNode objects = batch(create(), "not-a-hash", 5);
        assertThat(objects.get(0).path("error").path("code").asInt()).isEqualTo(422);
    }

    @Test
    void aCommitThatNamesAnObjectNeverUploadedIsRefused() {
        String repository = create();
        HttpResponse<String> answer = tryCommit(repository, null, lfsFile("model.bin", "ab".repeat(32), 10));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("does not exist", "model.bin");
    }

    @Test
    void aCommitOnAStaleParentIsRefused() {
        String repository = create();
        String first = commit(repository, file("a.txt", "1"));
        String second = json(tryCommit(repository, first, file("a.txt", "2")))
                .path("commitOid")
                .asString();

        HttpResponse<String> stale = tryCommit(repository, first, file("a.txt", "3"));

        assertThat(stale.statusCode()).isEqualTo(412);
        assertThat(json(hub.get("/api/models/" + repository)).path("sha").asString())
                .isEqualTo(second);
        assertThat(read("/" + repository + "/resolve/" + first + "/a.txt")).isEqualTo("1");
        assertThat(read("/" + repository + "/resolve/main/a.txt")).isEqualTo("2");
    }

    @Test
    void filesAndFoldersAreDeleted() {
        String repository = create();
        commit(repository, file("a/1.txt", "1"), file("a/2.txt", "2"), file("b.txt", "b"));
        commit(repository, "{\"key\":\"deletedFolder\",\"value\":{\"path\":\"a/\"}}");
        commit(repository, "{\"key\":\"deletedFile\",\"value\":{\"path\":\"b.txt\"}}");
        assertThat(json(hub.get("/api/models/" + repository)).path("siblings").size())
                .isEqualTo(1);
        assertThat(tryCommit(repository, null, "{\"key\":\"deletedFile\",\"value\":{\"path\":\"b.txt\"}}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void malformedCommitsNameTheLine() {
        String repository = create();
        assertThat(tryCommit(repository, null, "{").body()).contains("line 2");
        assertThat(tryCommit(repository, null, file("../up", "x")).statusCode()).isEqualTo(400);
        assertThat(tryCommit(repository, null, file("a", "x"), file("a/b", "x")).body())
                .contains("a file and a folder");
        HttpResponse<String> json = hub.postJson("/api/models/" + repository + "/commit/main", "{}", ADA);
        assertThat(json.statusCode()).isEqualTo(400);
        assertThat(json.body()).contains("x-ndjson");
    }

    @Test
    void treesComeInPages() {
        String repository = create();
        commit(repository, file("a.txt", "1"), file("b c.txt", "2"), file("d.txt", "3"));
        List<String> paths = new ArrayList<>();
        String next = "/api/models/" + repository + "/tree/main?limit=1";
        while (next != null) {
            HttpResponse<String> page = hub.get(next);
            json(page).forEach(each -> paths.add(each.path("path").asString()));
            next = page.headers()
                    .firstValue("Link")
                    .map(link -> link.substring(1, link.indexOf('>')))
                    .orElse(null);
        }
        assertThat(paths).containsExactly(".gitattributes", "a.txt", "b c.txt", "d.txt");
    }

    @Test
    void whatIsMissingSaysSoAsTheHubDoes() {
        String repository = create();
        HttpResponse<String> anonymous = hub.get("/api/models/ada/missing");
        assertThat(anonymous.statusCode()).isEqualTo(401);
        assertThat(anonymous.headers().firstValue("X-Error-Code")).contains("RepoNotFound");
        assertThat(hub.get("/api/models/ada/missing", ADA).statusCode()).isEqualTo(404);
        assertThat(hub.get("/api/models/" + repository + "/revision/" + "0".repeat(40))
                        .headers()
                        .firstValue("X-Error-Code"))
                .contains("RevisionNotFound");
        assertThat(hub.get("/" + repository + "/resolve/refs%2Fpr%2F1/a")
                        .headers()
                        .firstValue("X-Error-Code"))
                .contains("RevisionNotFound");
        assertThat(hub.get("/" + repository + "/resolve/main/missing").headers().firstValue("X-Error-Code"))
                .contains("EntryNotFound");
    }

    @Test
    void aPrivateRepositoryIsHiddenFromOthers() {
        hub.postJson("/api/repos/create", "{\"name\":\"hidden\",\"type\":\"dataset\",\"visibility\":\"private\"}", ADA);
        assertThat(hub.get("/api/datasets/ada/hidden", ADA).statusCode()).isEqualTo(200);
        assertThat(hub.get("/api/datasets/ada/hidden", BOB).statusCode()).isEqualTo(404);
        assertThat(hub.get("/api/datasets/ada/hidden").statusCode()).isEqualTo(401);
        assertThat(hub.get("/").body()).doesNotContain("hidden");
    }

    @Test
    void pagesShowFilesAndCommitsAndEscapeThem() {
        String repository = create();
        commit(repository, file("<b>.txt", "x"));
        String page = hub.get("/" + repository).body();
        assertThat(page).contains("&lt;b&gt;.txt", "initial commit").doesNotContain("<b>.txt");
        assertThat(hub.get("/").body()).contains(repository);
    }

    @Test
    void faultsComeAsOftenAsAsked() {
        fault("{\"path\":\"/api/whoami-v2\",\"kind\":\"STATUS\",\"status\":429,\"retryAfterSeconds\":1,\"times\":2}");
        HttpResponse<String> limited = hub.get("/api/whoami-v2", ADA);
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("RateLimit")).contains("\"api\";r=0;t=1");
        assertThat(hub.get("/api/whoami-v2", ADA).statusCode()).isEqualTo(429);
        assertThat(hub.get("/api/whoami-v2", ADA).statusCode()).isEqualTo(200);

        fault("{\"path\":\"/api/**\",\"method\":\"GET\",\"kind\":\"HTML\"}");
        HttpResponse<String> html = hub.get("/api/whoami-v2", ADA);
        assertThat(html.statusCode()).isEqualTo(502);
        assertThat(html.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/html");
        assertThat(hub.postJson("/_hub/faults", "{\"path\":\"/x\"}").statusCode())
                .isEqualTo(400);
    }

    @Test
    void aCommitCanHappenAlthoughItsAnswerIsLost() {
        String repository = create();
        fault("{\"path\":\"/api/models/%s/commit/main\",\"kind\":\"DROP\"}".formatted(repository));
        assertThatThrownBy(() -> hub.trySend(commitRequest(repository, null, file("a.txt", "there"))))
                .isInstanceOf(IOException.class);
        assertThat(read("/" + repository + "/resolve/main/a.txt")).isEqualTo("there");
    }

    @Test
    void cardsAreChecked() {
        assertThat(hub.postJson("/api/validate-yaml", "{\"content\":\"---\\nlicense: mit\\n---\\n# Hi\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.postJson("/api/validate-yaml", "{\"content\":\"---\\nlicense: [\\n---\\n\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void repositoriesOutliveTheHub(@TempDir Path kept) {
        String repository;
        String commit;
        RunningHub shared = hub;
        try (RunningHub before = new RunningHub(kept)) {
            hub = before;
            repository = create();
            commit = commit(repository, file("a.txt", "kept"));
        }
        try (RunningHub after = new RunningHub(kept)) {
            hub = after;
            assertThat(json(hub.get("/api/models/" + repository)).path("sha").asString())
                    .isEqualTo(commit);
            assertThat(read("/" + repository + "/resolve/main/a.txt")).isEqualTo("kept");
        } finally {
            hub = shared;
        }
    }

    @Test
    void aSettingThatIsWrongIsNamed(@TempDir Path other) {
        assertThatThrownBy(() -> new RunningHub(other, "--hub.accounts[3].name=ada"))
                .rootCause()
                .hasMessageContaining("hub.accounts holds 'ada' twice");
        assertThatThrownBy(() -> new RunningHub(other, "--hub.accounts[3].name=eve", "--hub.accounts[3].token=secret"))
                .rootCause()
                .hasMessageContaining("hub.accounts[].token must start with hf_")
                .hasMessageNotContaining("secret");
    }

    private static String create() {
        String name = "repo" + made++;
        assertThat(hub.postJson("/api/repos/create", "{\"name\":\"" + name + "\",\"type\":\"model\"}", ADA)
                        .statusCode())
                .isEqualTo(200);
        return "ada/" + name;
    }

    private static void fault(String fault) {
        assertThat(hub.postJson("/_hub/faults", fault).statusCode()).isEqualTo(204);
    }

    private static JsonNode batch(String repository, String oid, long size) {
        HttpResponse<String> answer = hub.send(hub.request(
                        "/" + repository + ".git/info/lfs/objects/batch",
                        "Authorization",
                        bearer(RunningHub.ADA),
                        "Content-Type",
                        "application/vnd.git-lfs+json",
                        "Accept",
                        "application/vnd.git-lfs+json")
                .POST(BodyPublishers.ofString("""
                        {"operation":"upload","transfers":["basic","multipart"],"hash_algo":"sha256",
                         "objects":[{"oid":"%s","size":%d}]}""".formatted(oid, size))));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("objects");
    }

    private static HttpResponse<String> put(String href, byte[] content) {
        return hub.send(hub.request(href).PUT(BodyPublishers.ofByteArray(content)));
    }

    private static String commit(String repository, String... lines) {
        HttpResponse<String> answer = tryCommit(repository, null, lines);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("commitOid").asString();
    }

    private static HttpResponse<String> tryCommit(String repository, String parent, String... lines) {
        return hub.send(commitRequest(repository, parent, lines));
    }

    private static HttpRequest.Builder commitRequest(String repository, String parent, String... lines) {
        String header = parent == null
                ? "{\"key\":\"header\",\"value\":{\"summary\":\"a change\"}}"
                : "{\"key\":\"header\",\"value\":{\"summary\":\"a change\",\"parentCommit\":\"" + parent + "\"}}";
        return hub.request(
                        "/api/models/" + repository + "/commit/main",
                        "Authorization",
                        bearer(RunningHub.ADA),
                        "Content-Type",
                        "application/x-ndjson")
                .POST(BodyPublishers.ofString(header + "\n" + String.join("\n", lines) + "\n"));
    }

    private static String file(String path, String content) {
        return "{\"key\":\"file\",\"value\":{\"path\":\"%s\",\"encoding\":\"base64\",\"content\":\"%s\"}}"
                .formatted(path, Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8)));
    }

    private static String lfsFile(String path, String oid, long size) {
        return "{\"key\":\"lfsFile\",\"value\":{\"path\":\"%s\",\"algo\":\"sha256\",\"oid\":\"%s\",\"size\":%d}}"
                .formatted(path, oid, size);
    }

    /** Follows the redirects of a download. */
    private static String read(String path) {
        HttpResponse<String> answer = hub.get(path);
        return answer.statusCode() == 200
                ? answer.body()
                : read(URI.create(hub.url + path)
                        .resolve(answer.headers().firstValue("Location").orElseThrow())
                        .toString()
                        .substring(hub.url.length()));
    }

    private static HttpResponse<byte[]> download(String address, String... headers) throws Exception {
        return HttpClient.newHttpClient()
                .send(hub.request(address, headers).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
