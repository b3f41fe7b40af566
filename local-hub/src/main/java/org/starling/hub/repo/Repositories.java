package org.starling.hub.repo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.repo.Commit.FileEntry;
import org.starling.hub.web.HubException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The repositories on disk: {@code repos/<type>/<namespace>/<name>} holds {@code repo.json}, one JSON file for each
 * commit, and {@code main}, the id of the last one. That file is replaced last, so a commit is there as a whole or not
 * at all.
 */
@Component
class Repositories {

    /** The only branch. */
    static final String MAIN = "main";

    private final Path root;
    private final ObjectStore objects;
    private final JsonMapper json;
    private final InstantSource clock;

    Repositories(HubProperties properties, ObjectStore objects, JsonMapper json, InstantSource clock) {
        this.root = properties.data().resolve("repos");
        this.objects = objects;
        this.json = json;
        this.clock = clock;
    }

    /** What is known of a repository beside its files. */
    record Repository(String id, boolean isPrivate, Instant createdAt) {}

    synchronized Optional<Repository> find(RepositoryId id) {
        Path file = folder(id).resolve("repo.json");
        return Files.exists(file) ? Optional.of(json.readValue(file.toFile(), Repository.class)) : Optional.empty();
    }

    /** All repositories, by type and name. */
    synchronized List<RepositoryId> all() {
        List<RepositoryId> found = new ArrayList<>();
        for (RepositoryType type : RepositoryType.values()) {
            Path folder = root.resolve(type.plural());
            if (Files.isDirectory(folder)) {
                try (Stream<Path> paths = Files.find(folder, 3, (path, attributes) -> path.endsWith("repo.json"))) {
                    paths.map(path -> folder.relativize(path.getParent()))
                            .sorted()
                            .forEach(path -> found.add(new RepositoryId(
                                    type,
                                    path.getName(0).toString(),
                                    path.getName(1).toString())));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return found;
    }

    /**
     * Makes a repository with its first commit.
     *
     * @throws HubException 409 when it is there
     */
    synchronized Repository create(RepositoryId id, boolean isPrivate, String author) {
        if (find(id).isPresent()) {
            throw new HubException(
                    HttpStatus.CONFLICT, "You already created this " + id.type().singular() + " repo");
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        String key = sha1(id.type() + " " + id.path() + " " + now).substring(0, 24);
        byte[] attributes = LfsRules.ATTRIBUTES.getBytes(StandardCharsets.UTF_8);
        FileEntry file = new FileEntry(".gitattributes", objects.putBlob(attributes), attributes.length, null);
        Repository repository = new Repository(key, isPrivate, now);
        // repo.json makes the repository visible and is written last.
        append(id, null, "initial commit", "", author, List.of(file));
        write(folder(id).resolve("repo.json"), json.writeValueAsBytes(repository));
        return repository;
    }

    synchronized void delete(RepositoryId id) {
        try {
            Files.deleteIfExists(folder(id).resolve("repo.json"));
            ObjectStore.deleteTree(folder(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last commit. */
    synchronized Commit head(RepositoryId id) {
        return read(id, readHead(id));
    }

    /** The commit of a revision: {@code main} or a commit's id. */
    synchronized Optional<Commit> find(RepositoryId id, String revision) {
        if (revision.equals(MAIN) || revision.equals("refs/heads/main")) {
            return Optional.of(head(id));
        }
        return revision.matches("[0-9a-f]{40}") && Files.exists(commitFile(id, revision))
                ? Optional.of(read(id, revision))
                : Optional.empty();
    }

    /** The commits from the last to the first. */
    synchronized List<Commit> history(RepositoryId id) {
        List<Commit> history = new ArrayList<>();
        for (String next = readHead(id); next != null; ) {
            Commit commit = read(id, next);
            history.add(commit);
            next = commit.parent();
        }
        return history;
    }

    /**
     * Adds a commit.
     *
     * @throws HubException 412 when its parent is not the last commit; 400 when it names a path twice as file and
     *     folder, an object that was never uploaded, or a file that is not there
     */
    synchronized Commit commit(RepositoryId id, CommitRequest request, String author) {
        Commit head = head(id);
        if (request.parent() != null && !request.parent().equals(head.id())) {
            throw new HubException(
                    HttpStatus.PRECONDITION_FAILED,
                    "A commit has happened since. Please refresh and try again: the last commit is " + head.id());
        }
        Map<String, FileEntry> files = new TreeMap<>();
        head.files().forEach(file -> files.put(file.path(), file));
        for (CommitRequest.Operation operation : request.operations()) {
            apply(operation, files);
        }
        for (String path : files.keySet()) {
            for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
                if (files.containsKey(path.substring(0, slash))) {
                    throw HubException.badRequest("'" + path.substring(0, slash) + "' is a file and a folder");
                }
            }
        }
        return append(id, head.id(), request.summary(), request.description(), author, List.copyOf(files.values()));
    }

    private void apply(CommitRequest.Operation operation, Map<String, FileEntry> files) {
        String path = operation.path();
        if (operation instanceof CommitRequest.PutFile file) {
            files.put(path, new FileEntry(path, objects.putBlob(file.content()), file.content().length, null));
        } else if (operation instanceof CommitRequest.PutLfs file) {
            if (!objects.hasLfs(file.oid())) {
                throw HubException.badRequest("LFS pointer pointed to a file that does not exist: " + file.oid()
                        + " for '" + path + "'; upload it first");
            }
            long size = objects.lfsSize(file.oid());
            if (file.size() != null && file.size() != size) {
                throw HubException.badRequest(
                        "'" + path + "': the uploaded object has " + size + " bytes, not " + file.size());
            }
            files.put(
                    path,
                    new FileEntry(path, ObjectStore.blobId(ObjectStore.pointer(file.oid(), size)), size, file.oid()));
        } else if (operation instanceof CommitRequest.DeleteFile) {
            if (files.remove(path) == null) {
                throw HubException.badRequest("'" + path + "' is not there to be deleted");
            }
        } else if (!files.keySet().removeIf(each -> each.startsWith(path))) {
            throw HubException.badRequest("'" + path + "' is not there to be deleted");
        }
    }

    private Commit append(
            RepositoryId id,
            @Nullable String parent,
            String title,
            String description,
            String author,
            List<FileEntry> files) {
        Commit draft = new Commit(
                "", parent, title, description, author, clock.instant().truncatedTo(ChronoUnit.MILLIS), files);
        Commit commit = new Commit(
                sha1(json.writeValueAsString(draft)), parent, title, description, author, draft.date(), files);
        write(commitFile(id, commit.id()), json.writeValueAsBytes(commit));
        write(folder(id).resolve(MAIN), commit.id().getBytes(StandardCharsets.US_ASCII));
        return commit;
    }

    private String readHead(RepositoryId id) {
        try {
            return Files.readString(folder(id).resolve(MAIN));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Commit read(RepositoryId id, String commit) {
        return json.readValue(commitFile(id, commit).toFile(), Commit.class);
    }

    private Path commitFile(RepositoryId id, String commit) {
        return folder(id).resolve("commits").resolve(commit + ".json");
    }

    private Path folder(RepositoryId id) {
        return root.resolve(id.type().plural()).resolve(id.namespace()).resolve(id.name());
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.createDirectories(file.getParent());
            Path written = Files.createTempFile(file.getParent(), "write", ".new");
            Files.write(written, content);
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(String text) {
        return HexFormat.of().formatHex(ObjectStore.digest("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
