package org.starling.checkpoint.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.http.BoundedHttpClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The requests of an upload to one model repository. Requests that may be repeated are, on errors that pass; a commit is
 * sent once, its caller decides. Safe for use by several threads.
 */
final class HubClient {
    private static final Logger log = LoggerFactory.getLogger(HubClient.class);
    private static final String JSON = "application/json";
    private static final String LFS = "application/vnd.git-lfs+json";
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
    /** A slow home line moves 5 GB in it at 400 KB/s. */
    private static final Duration UPLOAD_TIMEOUT = Duration.ofHours(4);

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    private static final int MAX_TOLD_CHARACTERS = 300;
    private static final String BRANCH = "main";

    private final BoundedHttpClient http = new BoundedHttpClient(MAX_ANSWER_BYTES);
    private final String endpoint;
    private final String repository;
    private final String token;
    private final JsonMapper json;
    private final Pause pause;
    private final Duration requestTimeout;

    /** @param repository {@code organisation/name} */
    HubClient(URI endpoint, String repository, String token, JsonMapper json, Pause pause) {
        this(endpoint, repository, token, json, pause, REQUEST_TIMEOUT);
    }

    HubClient(URI endpoint, String repository, String token, JsonMapper json, Pause pause, Duration requestTimeout) {
        this.endpoint = endpoint.toString().replaceAll("/+$", "");
        this.repository = repository;
        this.token = token;
        this.json = json;
        this.pause = pause;
        this.requestTimeout = requestTimeout;
    }

    /** A file as the Hub wants it uploaded. */
    record FilePlan(String path, boolean lfs, boolean ignored) {}

    /** A commit of the repository. */
    record CommitSummary(String id, String title) {}

    String repository() {
        return repository;
    }

    String commitUrl(String commit) {
        return endpoint + "/" + repository + "/commit/" + commit;
    }

    /** Creates the repository unless it exists. */
    void createRepository(boolean isPrivate) throws HubException, InterruptedException {
        String[] name = repository.split("/", 2);
        Map<String, Object> body = Map.of(
                "name",
                name[1],
                "organization",
                name[0],
                "type",
                "model",
                "visibility",
                isPrivate ? "private" : "public");
        try {
            post("/api/repos/create", JSON, body);
        } catch (HubException e) {
            if (e.status() == 409 && !String.valueOf(e.getMessage()).contains("another conflicting operation")) {
                return;
            }
            // A token may write to a repository that it may not create.
            if (e.status() == 401 || e.status() == 402 || e.status() == 403) {
                try {
                    get("/api/models/" + repository);
                    return;
                } catch (HubException missing) {
                    e.addSuppressed(missing);
                }
            }
            throw e;
        }
    }

    /** The newest commits, the last one first. */
    List<CommitSummary> newestCommits() throws HubException, InterruptedException {
        return get("/api/models/" + repository + "/commits/" + BRANCH + "?limit=20")
                .valueStream()
                .limit(20)
                .map(commit -> new CommitSummary(
                        commit.path("id").asString(""), commit.path("title").asString("")))
                .toList();
    }

    /** How the Hub wants these files uploaded. */
    List<FilePlan> preupload(List<UploadFile> files) throws HubException, InterruptedException {
        List<Map<String, Object>> described = files.stream()
                .map(f -> Map.<String, Object>of("path", f.path(), "sample", f.sample(), "size", f.size()))
                .toList();
        JsonNode answer = post("/api/models/" + repository + "/preupload/" + BRANCH, JSON, Map.of("files", described));
        List<FilePlan> plans = answer.path("files")
                .valueStream()
                .map(file -> new FilePlan(
                        file.path("path").asString(""),
                        file.path("uploadMode").asString("").equals("lfs"),
                        file.path("shouldIgnore").asBoolean(false)))
                .toList();
        if (plans.size() != files.size()) {
            throw HubException.refused("The Hub planned " + plans.size() + " of " + files.size() + " files", 200);
        }
        return plans;
    }

    /** Uploads a file to the store behind LFS unless it is there already. */
    void uploadLfs(UploadFile file) throws HubException, InterruptedException {
        Map<String, Object> object = Map.of("oid", file.sha256(), "size", file.size());
        JsonNode answer = post(
                "/" + repository + ".git/info/lfs/objects/batch",
                LFS,
                Map.of(
                        "operation",
                        "upload",
                        "transfers",
                        List.of("basic"),
                        "objects",
                        List.of(object),
                        "hash_algo",
                        "sha256",
                        "ref",
                        Map.of("name", BRANCH)));
        JsonNode planned = answer.path("objects").path(0);
        if (planned.has("error")) {
            JsonNode error = planned.path("error");
            throw HubException.refused(
                    "The Hub refused " + file.path() + ": "
                            + error.path("message").asString("no reason given"),
                    error.path("code").asInt(0));
        }
        JsonNode upload = planned.path("actions").path("upload");
        if (upload.isMissingNode()) {
            return;
        }
        if (upload.path("header").has("chunk_size")) {
            throw HubException.refused(
                    file.path() + " has " + file.size() + " bytes, which the Hub takes in parts only; that is not"
                            + " supported yet",
                    200);
        }
        put(URI.create(upload.path("href").asString("")), upload.path("header"), file.file());
        JsonNode verify = planned.path("actions").path("verify");
        if (!verify.isMissingNode()) {
            send(() -> authorized(URI.create(verify.path("href").asString("")), LFS)
                    .POST(body(object))
                    .build());
        }
    }

    /** Sends a commit, once. Returns its id. */
    String commit(String ndjson) throws HubException, InterruptedException {
        HttpRequest request = authorized(
                        URI.create(endpoint + "/api/models/" + repository + "/commit/" + BRANCH),
                        "application/x-ndjson")
                .POST(BodyPublishers.ofString(ndjson))
                .build();
        HttpResponse<byte[]> response = exchange(request);
        String commit = parse(request, response).path("commitOid").asString("");
        if (commit.isEmpty()) {
            throw HubException.refused("The Hub accepted a commit but did not name it", 200);
        }
        return commit;
    }

    /** Waits as long as the failed request's answer asked for. */
    void pauseAfter(HubException failure, int failures) throws InterruptedException {
        pause.take(failure.waitAfter(failures));
    }

    private JsonNode get(String path) throws HubException, InterruptedException {
        return send(() -> authorized(URI.create(endpoint + path), JSON).GET().build());
    }

    private JsonNode post(String path, String contentType, Object body) throws HubException, InterruptedException {
        return send(() -> authorized(URI.create(endpoint + path), contentType)
                .POST(body(body))
                .build());
    }

    private BodyPublisher body(Object value) {
        return BodyPublishers.ofString(json.writeValueAsString(value));
    }

    /** The address is signed: an Authorization header would be refused. A body from a file has a Content-Length. */
    private void put(URI address, JsonNode headers, Path file) throws HubException, InterruptedException {
        send(() -> {
            HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(UPLOAD_TIMEOUT);
            headers.propertyStream()
                    .forEach(header ->
                            request.header(header.getKey(), header.getValue().asString("")));
            try {
                return request.PUT(BodyPublishers.ofFile(file)).build();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private HttpRequest.Builder authorized(URI address, String contentType) {
        return HttpRequest.newBuilder(address)
                .timeout(requestTimeout)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", contentType)
                .header("Accept", contentType.equals(LFS) ? LFS : JSON)
                .header("User-Agent", "starling-checkpoint/0.1")
                .header("X-Amzn-Trace-Id", UUID.randomUUID().toString());
    }

    private JsonNode send(Supplier<HttpRequest> requests) throws HubException, InterruptedException {
        for (int failures = 1; ; failures++) {
            HttpRequest request = requests.get();
            try {
                return parse(request, exchange(request));
            } catch (HubException e) {
                if (!e.isRetryable() || failures > Backoff.RETRIES) {
                    throw e;
                }
                log.info("{}, again in {}", e.getMessage(), e.waitAfter(failures));
                pauseAfter(e, failures);
            }
        }
    }

    private HttpResponse<byte[]> exchange(HttpRequest request) throws HubException, InterruptedException {
        try {
            return http.send(request);
        } catch (IOException e) {
            throw HubException.unanswered(
                    name(request) + " got no answer: " + (e.getMessage() == null ? e : e.getMessage()), e);
        }
    }

    private JsonNode parse(HttpRequest request, HttpResponse<byte[]> response) throws HubException {
        int status = response.statusCode();
        JsonNode body = read(response.body());
        if (status / 100 == 2) {
            return body == null ? json.createObjectNode() : body;
        }
        throw HubException.answered(
                name(request) + " answered " + status + told(response, body),
                status,
                Backoff.told(status, response.headers()));
    }

    private @Nullable JsonNode read(byte[] body) {
        try {
            return json.readTree(body);
        } catch (JacksonException e) {
            return null;
        }
    }

    private static String told(HttpResponse<byte[]> response, @Nullable JsonNode body) {
        String reason = response.headers().firstValue("X-Error-Message").orElse("");
        if (reason.isEmpty() && body != null) {
            JsonNode error = body.path("error");
            reason = error.isString() ? error.asString() : error.isMissingNode() ? "" : error.toString();
        }
        String shortened = reason.length() > MAX_TOLD_CHARACTERS ? reason.substring(0, MAX_TOLD_CHARACTERS) : reason;
        return shortened.isEmpty() ? "" : ": " + shortened;
    }

    /** The query of a signed address is a credential. */
    private static String name(HttpRequest request) {
        URI uri = request.uri();
        return request.method() + " " + uri.getScheme() + "://" + uri.getAuthority() + uri.getPath();
    }
}
