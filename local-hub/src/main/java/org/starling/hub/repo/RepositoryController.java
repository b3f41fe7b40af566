package org.starling.hub.repo;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.hub.account.Accounts;
import org.starling.hub.account.Principal;
import org.starling.hub.oauth.Credentials;
import org.starling.hub.repo.Commit.FileEntry;
import org.starling.hub.repo.Repositories.Repository;
import org.starling.hub.web.HubException;
import org.starling.hub.web.PublicAddress;
import tools.jackson.databind.json.JsonMapper;

/** The API of repositories: make, describe, list, prepare and commit. */
@RestController
final class RepositoryController {

    private static final Logger log = LoggerFactory.getLogger(RepositoryController.class);
    private static final String REPOSITORY = "/api/{type:models|datasets|spaces}/{namespace}/{name}";
    private static final int MAX_FILES = 1000;

    private final Repositories repositories;
    private final ObjectStore objects;
    private final Access access;
    private final Credentials credentials;
    private final Accounts accounts;
    private final PublicAddress address;
    private final JsonMapper json;

    RepositoryController(
            Repositories repositories,
            ObjectStore objects,
            Access access,
            Credentials credentials,
            Accounts accounts,
            PublicAddress address,
            JsonMapper json) {
        this.repositories = repositories;
        this.objects = objects;
        this.access = access;
        this.credentials = credentials;
        this.accounts = accounts;
        this.address = address;
        this.json = json;
    }

    record Naming(
            @Nullable String name,
            @Nullable String organization,
            @Nullable String type,
            @Nullable String visibility,
            @JsonProperty("private") @Nullable Boolean isPrivate) {}

    @PostMapping("/api/repos/create")
    Map<String, String> create(HttpServletRequest request, @RequestBody Naming naming) {
        RepositoryId id = repositoryId(request, naming);
        if (naming.visibility() != null && naming.isPrivate() != null) {
            throw HubException.badRequest("visibility and private exclude each other");
        }
        Principal author = access.write(request, id.namespace());
        if (accounts.account(id.namespace()).isEmpty()
                && accounts.organization(id.namespace()).isEmpty()) {
            throw HubException.badRequest("There is no namespace '" + id.namespace() + "'");
        }
        boolean isPrivate = "private".equals(naming.visibility()) || Boolean.TRUE.equals(naming.isPrivate());
        repositories.create(id, isPrivate, author.name());
        log.info("{} made the {} {}", author.name(), id.type().singular(), id.path());
        return Map.of("url", address.hub(request) + "/" + id.webPath(), "name", id.path(), "id", id.path());
    }

    @DeleteMapping("/api/repos/delete")
    void delete(HttpServletRequest request, @RequestBody Naming naming) {
        RepositoryId id = repositoryId(request, naming);
        Principal author = access.write(request, id);
        repositories.delete(id);
        log.info("{} deleted the {} {}", author.name(), id.type().singular(), id.path());
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Info(
            @JsonProperty("_id") String key,
            String id,
            @Nullable String modelId,
            String author,
            String sha,
            Instant createdAt,
            Instant lastModified,
            @JsonProperty("private") boolean isPrivate,
            boolean disabled,
            boolean gated,
            int downloads,
            int likes,
            List<String> tags,
            List<Sibling> siblings) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Sibling(
            String rfilename,
            @Nullable Long size,
            @Nullable String blobId,
            @Nullable Lfs lfs) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Lfs(String oid, @Nullable String sha256, long size, int pointerSize) {}

    @GetMapping({REPOSITORY, REPOSITORY + "/revision/{revision}"})
    Info info(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable(name = "revision", required = false) @Nullable String revision,
            @RequestParam(name = "blobs", defaultValue = "false") boolean blobs) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Repository repository = access.read(request, id);
        Commit commit = access.read(request, id, revision == null ? Repositories.MAIN : revision);
        return new Info(
                repository.id(),
                id.path(),
                id.type() == RepositoryType.MODEL ? id.path() : null,
                namespace,
                commit.id(),
                repository.createdAt(),
                commit.date(),
                repository.isPrivate(),
                false,
                false,
                0,
                0,
                List.of(),
                commit.files().stream()
                        .map(file -> blobs
                                ? new Sibling(file.path(), file.size(), file.oid(), lfs(file))
                                : new Sibling(file.path(), null, null, null))
                        .toList());
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TreeEntry(
            String type,
            String oid,
            long size,
            String path,
            @Nullable Lfs lfs) {}

    @GetMapping(REPOSITORY + "/tree/{revision}/{*path}")
    ResponseEntity<List<TreeEntry>> tree(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision,
            @PathVariable("path") String path,
            @RequestParam(name = "recursive", defaultValue = "false") boolean recursive,
            @RequestParam(name = "limit", defaultValue = "1000") int limit,
            @RequestParam(name = "cursor", required = false) @Nullable String cursor) {
        if (limit < 1 || limit > 1000) {
            throw HubException.badRequest("limit must be between 1 and 1000, not " + limit);
        }
        Commit commit =
                access.read(request, new RepositoryId(RepositoryType.ofPlural(type), namespace, name), revision);
        String folder = path.replaceAll("^/|/$", "");
        List<TreeEntry> entries = list(commit, folder.isEmpty() ? "" : folder + "/", recursive);
        if (entries.isEmpty() && !folder.isEmpty()) {
            throw new HubException(
                    HttpStatus.NOT_FOUND, "EntryNotFound", folder + " does not exist on \"" + revision + "\"");
        }
        List<TreeEntry> rest = entries.stream()
                .filter(entry -> cursor == null || entry.path().compareTo(decode(cursor)) > 0)
                .toList();
        List<TreeEntry> page = rest.subList(0, Math.min(limit, rest.size()));
        HttpHeaders headers = new HttpHeaders();
        if (page.size() < rest.size()) {
            String next = UriComponentsBuilder.fromUriString(address.hub(request) + request.getRequestURI())
                    .queryParam("recursive", recursive)
                    .queryParam("limit", limit)
                    .queryParam("cursor", encode(page.get(page.size() - 1).path()))
                    .build(true)
                    .toUriString();
            headers.set(HttpHeaders.LINK, "<" + next + ">; rel=\"next\"");
        }
        return new ResponseEntity<>(page, headers, HttpStatus.OK);
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CommitSummary(String id, String title, String message, Instant date, List<Map<String, String>> authors) {}

    @GetMapping(REPOSITORY + "/commits/{revision}")
    ResponseEntity<List<CommitSummary>> commits(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Commit from = access.read(request, id, revision);
        List<CommitSummary> history = repositories.history(id).stream()
                .dropWhile(commit -> !commit.id().equals(from.id()))
                .map(commit -> new CommitSummary(
                        commit.id(),
                        commit.title(),
                        commit.description(),
                        commit.date(),
                        List.of(Map.of("user", commit.author()))))
                .toList();
        return ResponseEntity.ok()
                .header("X-Total-Count", Integer.toString(history.size()))
                .body(history);
    }

    record Preupload(
            @Nullable List<PreuploadFile> files, @Nullable String gitIgnore) {}

    record PreuploadFile(
            @Nullable String path,
            @Nullable String sample,
            @Nullable Long size) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record PreuploadAnswer(
            String path,
            String uploadMode,
            boolean shouldIgnore,
            @Nullable String oid) {}

    @PostMapping(REPOSITORY + "/preupload/{revision}")
    Map<String, Object> preupload(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision,
            @RequestBody Preupload body)
            throws IOException {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        access.write(request, id);
        Commit commit = access.read(request, id, revision);
        List<PreuploadFile> files = body.files() == null ? List.of() : body.files();
        if (files.isEmpty() || files.size() > MAX_FILES) {
            throw HubException.badRequest("files must hold 1 to " + MAX_FILES + " entries, not " + files.size());
        }
        String ignore = body.gitIgnore() == null ? ignoreFile(commit) : body.gitIgnore();
        List<PreuploadAnswer> answers = new ArrayList<>();
        for (PreuploadFile file : files) {
            if (file.path() == null || file.size() == null || file.size() < 0) {
                throw HubException.badRequest("each file needs path and size");
            }
            byte[] sample = sample(file);
            answers.add(new PreuploadAnswer(
                    file.path(),
                    LfsRules.isLfs(file.path(), file.size(), sample) ? "lfs" : "regular",
                    LfsRules.isIgnored(file.path(), ignore),
                    commit.file(file.path()).map(FileEntry::etag).orElse(null)));
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("files", answers);
        answer.put("commitOid", commit.id());
        return answer;
    }

    @PostMapping(REPOSITORY + "/commit/{revision}")
    Map<String, Object> commit(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision,
            @RequestParam(name = "create_pr", defaultValue = "false") String createPr)
            throws IOException {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Principal author = access.write(request, id);
        access.read(request, id, revision);
        if (!revision.equals(Repositories.MAIN)) {
            throw HubException.badRequest("The local hub has one branch, main, and commits to that only");
        }
        if (createPr.equals("1") || createPr.equals("true")) {
            throw HubException.badRequest("The local hub has no pull requests");
        }
        String contentType = request.getContentType();
        if (contentType == null || !contentType.startsWith("application/x-ndjson")) {
            throw HubException.badRequest("Content-Type must be application/x-ndjson, not " + contentType);
        }
        Commit commit = repositories.commit(id, CommitRequest.parse(request.getInputStream(), json), author.name());
        log.info("{} committed '{}' to {}", author.name(), commit.title(), id.path());
        return Map.of(
                "success",
                true,
                "commitOid",
                commit.id(),
                "commitUrl",
                address.hub(request) + "/" + id.webPath() + "/commit/" + commit.id(),
                "hookOutput",
                "");
    }

    private RepositoryId repositoryId(HttpServletRequest request, Naming naming) {
        if (naming.name() == null || naming.name().isBlank()) {
            throw HubException.badRequest("name is missing");
        }
        RepositoryType type = RepositoryType.ofSingular(naming.type() == null ? "model" : naming.type())
                .orElseThrow(() ->
                        HubException.badRequest("type must be model, dataset or space, not '" + naming.type() + "'"));
        String[] parts = naming.name().split("/", 2);
        if (parts.length == 2) {
            return new RepositoryId(type, parts[0], parts[1]);
        }
        String namespace =
                naming.organization() == null ? credentials.require(request).name() : naming.organization();
        return new RepositoryId(type, namespace, naming.name());
    }

    private static List<TreeEntry> list(Commit commit, String folder, boolean recursive) {
        Map<String, TreeEntry> entries = new TreeMap<>();
        for (FileEntry file : commit.files()) {
            if (!file.path().startsWith(folder)) {
                continue;
            }
            for (int slash = file.path().indexOf('/', folder.length());
                    slash > 0;
                    slash = recursive ? file.path().indexOf('/', slash + 1) : -1) {
                String path = file.path().substring(0, slash);
                entries.putIfAbsent(path, new TreeEntry("directory", directoryId(commit, path), 0, path, null));
            }
            if (recursive || file.path().indexOf('/', folder.length()) < 0) {
                entries.put(file.path(), new TreeEntry("file", file.oid(), file.size(), file.path(), lfs(file)));
            }
        }
        return List.copyOf(entries.values());
    }

    private static String directoryId(Commit commit, String path) {
        StringBuilder content = new StringBuilder();
        commit.files().stream()
                .filter(file -> file.path().startsWith(path + "/"))
                .forEach(file -> content.append(file.path())
                        .append(' ')
                        .append(file.oid())
                        .append('\n'));
        return ObjectStore.blobId(content.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable Lfs lfs(FileEntry file) {
        return file.lfs() == null
                ? null
                : new Lfs(file.lfs(), file.lfs(), file.size(), ObjectStore.pointer(file.lfs(), file.size()).length);
    }

    private String ignoreFile(Commit commit) throws IOException {
        FileEntry file = commit.file(".gitignore").orElse(null);
        return file == null || file.lfs() != null ? "" : Files.readString(objects.blobFile(file.oid()));
    }

    private static byte[] sample(PreuploadFile file) {
        try {
            return Base64.getDecoder().decode(file.sample() == null ? "" : file.sample());
        } catch (IllegalArgumentException e) {
            throw HubException.badRequest("sample of '" + file.path() + "' is not base64");
        }
    }

    private static String encode(String cursor) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String cursor) {
        try {
            return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw HubException.badRequest("cursor is not one that this hub gave");
        }
    }
}
