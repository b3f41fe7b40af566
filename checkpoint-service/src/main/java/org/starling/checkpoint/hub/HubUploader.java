package org.starling.checkpoint.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.checkpoint.hub.HubClient.CommitSummary;
import org.starling.checkpoint.hub.HubClient.FilePlan;
import tools.jackson.databind.json.JsonMapper;

/**
 * Uploads a folder of files as one commit. Repeating an upload does no harm: a commit with the same title is taken for the
 * upload itself, whose answer was lost. Used by one thread at a time.
 */
public final class HubUploader {
    private static final Logger log = LoggerFactory.getLogger(HubUploader.class);
    /** The Hub's own bound for content that is part of a commit is about 100 MB. */
    private static final long MAX_REGULAR_BYTES = 10L << 20;

    private static final int COMMIT_TRIES = 6;

    private final HubClient client;
    private final JsonMapper json;
    private final boolean isPrivate;
    private boolean repositoryExists;

    /**
     * @param endpoint of the Hub
     * @param repository {@code organisation/name}; created when it is missing
     * @param token with write access
     */
    public HubUploader(URI endpoint, String repository, String token, boolean isPrivate, JsonMapper json, Pause pause) {
        this(new HubClient(endpoint, repository, token, json, pause), json, isPrivate);
    }

    HubUploader(HubClient client, JsonMapper json, boolean isPrivate) {
        this.client = client;
        this.json = json;
        this.isPrivate = isPrivate;
    }

    /** {@code organisation/name} of the repository. */
    public String repository() {
        return client.repository();
    }

    /**
     * Uploads files.
     *
     * @param names of the files in the folder, and of those in the repository
     * @param title of the commit; names the content, so that equal titles mean equal content
     * @return address of the commit
     * @throws HubException saying which request failed and why, after all retries
     */
    public String upload(Path folder, List<String> names, String title) throws IOException, InterruptedException {
        if (!repositoryExists) {
            client.createRepository(isPrivate);
            repositoryExists = true;
        }
        List<UploadFile> files = new ArrayList<>();
        for (String name : names) {
            files.add(UploadFile.of(name, folder.resolve(name)));
        }
        StringBuilder operations = new StringBuilder();
        List<FilePlan> plans = client.preupload(files);
        for (int i = 0; i < files.size(); i++) {
            UploadFile file = files.get(i);
            if (plans.get(i).ignored()) {
                continue;
            }
            if (plans.get(i).lfs()) {
                client.uploadLfs(file);
                operations.append(line(
                        "lfsFile",
                        Map.of("path", file.path(), "algo", "sha256", "oid", file.sha256(), "size", file.size())));
            } else {
                operations.append(
                        line("file", Map.of("path", file.path(), "content", base64(file), "encoding", "base64")));
            }
        }
        return commit(title, operations.toString());
    }

    private String commit(String title, String operations) throws HubException, InterruptedException {
        for (int tries = 1; ; tries++) {
            List<CommitSummary> newest = client.newestCommits();
            Optional<CommitSummary> done =
                    newest.stream().filter(c -> c.title().equals(title)).findFirst();
            if (done.isPresent()) {
                return client.commitUrl(done.get().id());
            }
            Map<String, Object> header = newest.isEmpty()
                    ? Map.of("summary", title)
                    : Map.of("summary", title, "parentCommit", newest.get(0).id());
            try {
                return client.commitUrl(client.commit(line("header", header) + operations));
            } catch (HubException e) {
                boolean parentMoved = e.status() == 412;
                if (!(e.isRetryable() || parentMoved) || tries >= COMMIT_TRIES) {
                    throw e;
                }
                log.info("{}; looking at the repository before trying again", e.getMessage());
                client.pauseAfter(e, tries);
            }
        }
    }

    private String line(String key, Map<String, Object> value) {
        return json.writeValueAsString(Map.of("key", key, "value", value)) + "\n";
    }

    private static String base64(UploadFile file) throws IOException {
        if (file.size() > MAX_REGULAR_BYTES) {
            throw new IOException("The Hub wants " + file.path() + " as a regular file, but it has " + file.size()
                    + " bytes; let its .gitattributes send it to LFS");
        }
        return Base64.getEncoder().encodeToString(Files.readAllBytes(file.file()));
    }
}
