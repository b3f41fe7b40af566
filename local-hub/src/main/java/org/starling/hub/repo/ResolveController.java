package org.starling.hub.repo;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriUtils;
import org.starling.hub.repo.Commit.FileEntry;
import org.starling.hub.web.HubException;
import org.starling.hub.web.PublicAddress;

/**
 * Downloads. A regular file is behind a relative redirect to a cache, an LFS file behind an absolute one to a signed
 * address of the store, as on the real Hub; both support ranges.
 */
@RestController
final class ResolveController {

    private final Access access;
    private final ObjectStore objects;
    private final StorageSignatures signatures;
    private final PublicAddress address;

    ResolveController(Access access, ObjectStore objects, StorageSignatures signatures, PublicAddress address) {
        this.access = access;
        this.objects = objects;
        this.signatures = signatures;
        this.address = address;
    }

    @GetMapping({
        "/{namespace}/{name}/resolve/{revision}/{*path}",
        "/{type:datasets|spaces}/{namespace}/{name}/resolve/{revision}/{*path}"
    })
    ResponseEntity<Void> resolve(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision,
            @PathVariable("path") String path) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Commit commit = access.read(request, id, revision);
        FileEntry file = file(commit, path);
        if (file.lfs() == null) {
            String location = "/api/resolve-cache/" + id.type().plural() + "/" + id.path() + "/" + commit.id() + "/"
                    + UriUtils.encodePath(file.path(), StandardCharsets.UTF_8) + "?etag=%22" + file.oid() + "%22";
            return ResponseEntity.status(HttpStatus.TEMPORARY_REDIRECT)
                    .header(HttpHeaders.LOCATION, location)
                    .header("X-Repo-Commit", commit.id())
                    .eTag("\"" + file.oid() + "\"")
                    .build();
        }
        return ResponseEntity.status(HttpStatus.FOUND)
                .header(
                        HttpHeaders.LOCATION,
                        address.storage(request) + signatures.sign("GET", "/_storage/" + file.lfs()))
                .header("X-Repo-Commit", commit.id())
                .header("X-Linked-Size", Long.toString(file.size()))
                .header("X-Linked-ETag", "\"" + file.lfs() + "\"")
                .header(HttpHeaders.ACCEPT_RANGES, "bytes")
                .build();
    }

    @GetMapping("/api/resolve-cache/{type:models|datasets|spaces}/{namespace}/{name}/{revision}/{*path}")
    ResponseEntity<Resource> regular(
            HttpServletRequest request,
            @PathVariable("type") String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision,
            @PathVariable("path") String path) {
        Commit commit =
                access.read(request, new RepositoryId(RepositoryType.ofPlural(type), namespace, name), revision);
        FileEntry file = file(commit, path);
        if (file.lfs() != null) {
            throw HubException.badRequest("'" + file.path() + "' is kept in LFS: use resolve");
        }
        return ResponseEntity.ok()
                .eTag("\"" + file.oid() + "\"")
                .header("X-Repo-Commit", commit.id())
                .contentType(contentType(file.path()))
                .body(new FileSystemResource(objects.blobFile(file.oid())));
    }

    private static FileEntry file(Commit commit, String path) {
        String stripped = path.replaceAll("^/", "");
        return commit.file(stripped)
                .orElseThrow(
                        () -> new HubException(HttpStatus.NOT_FOUND, "EntryNotFound", "Entry not found: " + stripped));
    }

    /** Only images are shown as what they are: a page from a repository must not run as one of the hub's. */
    private static MediaType contentType(String path) {
        return MediaTypeFactory.getMediaType(path)
                .filter(type ->
                        type.getType().equals("image") && !type.getSubtype().contains("svg"))
                .orElse(
                        path.matches(".*\\.(bin|[a-z]*z|npy)")
                                ? MediaType.APPLICATION_OCTET_STREAM
                                : MediaType.TEXT_PLAIN);
    }
}
