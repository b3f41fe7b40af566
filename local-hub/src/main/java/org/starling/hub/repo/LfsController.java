package org.starling.hub.repo;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.HubProperties;
import org.starling.hub.web.HubException;
import org.starling.hub.web.PublicAddress;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Git LFS: where to upload which object, and the calls that close an upload. */
@RestController
final class LfsController {

    private static final String LFS = "application/vnd.git-lfs+json";
    private static final int MAX_OBJECTS = 1000;
    private static final int MAX_PARTS = 10_000;

    private final ObjectStore objects;
    private final Access access;
    private final StorageSignatures signatures;
    private final PublicAddress address;
    private final JsonMapper json;
    private final long multipartThreshold;
    private final long multipartChunk;

    LfsController(
            ObjectStore objects,
            Access access,
            StorageSignatures signatures,
            PublicAddress address,
            JsonMapper json,
            HubProperties properties) {
        this.objects = objects;
        this.access = access;
        this.signatures = signatures;
        this.address = address;
        this.json = json;
        this.multipartThreshold = properties.multipartThreshold().toBytes();
        this.multipartChunk = properties.multipartChunk().toBytes();
    }

    record LfsObject(@Nullable String oid, @Nullable Long size) {}

    record Batch(
            @Nullable String operation,
            @Nullable List<String> transfers,
            @Nullable List<LfsObject> objects) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record BatchObject(
            @Nullable String oid,
            @Nullable Long size,
            @Nullable Boolean authenticated,
            @Nullable Map<String, Action> actions,
            @Nullable LfsError error) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Action(String href, @Nullable Map<String, String> header) {}

    record LfsError(int code, String message) {}

    @PostMapping(
            path = {
                "/{namespace}/{name}.git/info/lfs/objects/batch",
                "/{type:datasets|spaces}/{namespace}/{name}.git/info/lfs/objects/batch"
            },
            consumes = LFS)
    ResponseEntity<String> batch(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @RequestBody String body) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Batch batch = parse(body, Batch.class);
        boolean upload = "upload".equals(batch.operation());
        if (!upload && !"download".equals(batch.operation())) {
            throw HubException.badRequest("operation must be upload or download, not '" + batch.operation() + "'");
        }
        if (upload) {
            access.write(request, id);
        } else {
            access.read(request, id);
        }
        List<LfsObject> wanted = batch.objects() == null ? List.of() : batch.objects();
        if (wanted.isEmpty() || wanted.size() > MAX_OBJECTS) {
            throw HubException.badRequest("objects must hold 1 to " + MAX_OBJECTS + " entries");
        }
        List<String> transfers = batch.transfers() == null ? List.of("basic") : batch.transfers();
        boolean multipart = upload
                && transfers.contains("multipart")
                && wanted.stream().anyMatch(each -> each.size() != null && each.size() > multipartThreshold);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("transfer", multipart ? "multipart" : "basic");
        answer.put(
                "objects",
                wanted.stream()
                        .map(each -> upload ? upload(request, id, each, multipart) : download(request, each))
                        .toList());
        return ResponseEntity.ok().header("Content-Type", LFS).body(json.writeValueAsString(answer));
    }

    private BatchObject upload(HttpServletRequest request, RepositoryId id, LfsObject object, boolean multipart) {
        BatchObject refused = refuseMalformed(object);
        if (refused != null) {
            return refused;
        }
        String oid = Objects.requireNonNull(object.oid());
        long size = Objects.requireNonNull(object.size());
        if (size == 0) {
            return refused(object, 422, "empty files are not kept in LFS");
        }
        if (objects.hasLfs(oid)) {
            return objects.lfsSize(oid) == size
                    ? new BatchObject(oid, size, true, null, null)
                    : refused(object, 422, "the object has another size");
        }
        String lfs = address.hub(request) + "/" + id.webPath() + ".git/info/lfs/objects/";
        Action verify = new Action(lfs + "verify", null);
        String path = "/_storage/" + oid + "/" + size;
        if (!multipart || size <= multipartThreshold) {
            String href = address.storage(request) + signatures.sign("PUT", path);
            return new BatchObject(oid, size, true, Map.of("upload", new Action(href, null), "verify", verify), null);
        }
        long parts = (size + multipartChunk - 1) / multipartChunk;
        if (parts > MAX_PARTS) {
            return refused(object, 422, "the object needs more than " + MAX_PARTS + " parts");
        }
        Map<String, String> header = new LinkedHashMap<>();
        header.put("chunk_size", Long.toString(multipartChunk));
        for (int number = 1; number <= parts; number++) {
            header.put(
                    String.format(Locale.ROOT, "%05d", number),
                    address.storage(request) + signatures.sign("PUT", path + "/" + number));
        }
        String complete = lfs + "complete?size=" + size;
        return new BatchObject(oid, size, true, Map.of("upload", new Action(complete, header), "verify", verify), null);
    }

    private BatchObject download(HttpServletRequest request, LfsObject object) {
        BatchObject refused = refuseMalformed(object);
        if (refused != null) {
            return refused;
        }
        String oid = Objects.requireNonNull(object.oid());
        if (!objects.hasLfs(oid)) {
            return refused(object, 404, "Object does not exist");
        }
        String href = address.storage(request) + signatures.sign("GET", "/_storage/" + oid);
        return new BatchObject(oid, object.size(), true, Map.of("download", new Action(href, null)), null);
    }

    record Part(int partNumber, @Nullable String etag) {}

    record Completion(@Nullable String oid, @Nullable List<Part> parts) {}

    @PostMapping({
        "/{namespace}/{name}.git/info/lfs/objects/complete",
        "/{type:datasets|spaces}/{namespace}/{name}.git/info/lfs/objects/complete"
    })
    Map<String, Boolean> complete(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @RequestParam("size") long size,
            @RequestBody String body) {
        access.write(request, new RepositoryId(RepositoryType.ofPlural(type), namespace, name));
        Completion completion = parse(body, Completion.class);
        String oid = completion.oid();
        List<Part> parts = completion.parts() == null ? List.of() : completion.parts();
        if (oid == null || !oid.matches("[0-9a-f]{64}")) {
            throw HubException.badRequest("oid must be 64 hexadecimal digits");
        }
        if (parts.size() != (size + multipartChunk - 1) / multipartChunk) {
            throw HubException.badRequest("the upload has another number of parts than " + parts.size());
        }
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            if (part.partNumber() != i + 1
                    || part.etag() == null
                    || !objects.hasPart(oid, part.partNumber(), part.etag())) {
                throw HubException.badRequest("part " + (i + 1) + " was not uploaded, or has another ETag");
            }
        }
        objects.completeParts(oid, size, parts.size());
        return Map.of("success", true);
    }

    @PostMapping({
        "/{namespace}/{name}.git/info/lfs/objects/verify",
        "/{type:datasets|spaces}/{namespace}/{name}.git/info/lfs/objects/verify"
    })
    Map<String, Boolean> verify(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @RequestBody String body) {
        access.write(request, new RepositoryId(RepositoryType.ofPlural(type), namespace, name));
        LfsObject object = parse(body, LfsObject.class);
        if (refuseMalformed(object) != null
                || object.oid() == null
                || object.size() == null
                || !objects.hasLfs(object.oid())
                || objects.lfsSize(object.oid()) != object.size()) {
            throw new HubException(HttpStatus.NOT_FOUND, "The object was not uploaded, or has another size");
        }
        return Map.of("success", true);
    }

    private static @Nullable BatchObject refuseMalformed(LfsObject object) {
        boolean good = object.oid() != null
                && object.oid().matches("[0-9a-f]{64}")
                && object.size() != null
                && object.size() >= 0;
        return good ? null : refused(object, 422, "oid must be 64 hexadecimal digits and size not negative");
    }

    private static BatchObject refused(LfsObject object, int code, String message) {
        return new BatchObject(object.oid(), object.size(), null, null, new LfsError(code, message));
    }

    /** LFS has a media type of its own that the message converters do not know. */
    private <T> T parse(String body, Class<T> type) {
        try {
            return json.readValue(body, type);
        } catch (JacksonException e) {
            throw HubException.badRequest("the body is not what this endpoint takes: " + e.getOriginalMessage());
        }
    }
}
