package org.starling.hub.repo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.hub.web.HubException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a commit asks for: one JSON object a line, the header first.
 *
 * @param summary title, never blank
 * @param description further text
 * @param parent the commit that it must follow, or null for whichever is last
 * @param operations in the order given
 */
record CommitRequest(
        String summary, String description, @Nullable String parent, List<Operation> operations) {

    sealed interface Operation {
        String path();
    }

    record PutFile(String path, byte[] content) implements Operation {}

    record PutLfs(String path, String oid, @Nullable Long size) implements Operation {}

    record DeleteFile(String path) implements Operation {}

    /** {@code path} ends with a slash. */
    record DeleteFolder(String path) implements Operation {}

    /**
     * Reads a request body.
     *
     * @throws HubException 400 with the line that is wrong
     */
    static CommitRequest parse(InputStream body, JsonMapper json) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        JsonNode header = null;
        List<Operation> operations = new ArrayList<>();
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            JsonNode node = read(line, number, json);
            String key = node.path("key").asString("");
            JsonNode value = node.path("value");
            if ((header == null) != key.equals("header")) {
                throw HubException.badRequest("line " + number + ": the header stands first, and once");
            }
            if (header == null) {
                header = value;
            } else {
                operations.add(operation(key, value, number));
            }
        }
        if (header == null) {
            throw HubException.badRequest("the commit is empty: a header line is needed");
        }
        String summary = header.path("summary").asString("");
        if (summary.isBlank()) {
            throw HubException.badRequest("value.summary of the header must not be empty");
        }
        String parent = header.path("parentCommit").asString("");
        if (!parent.isEmpty() && !parent.matches("[0-9a-f]{40}")) {
            throw HubException.badRequest("value.parentCommit must be 40 hexadecimal digits, not '" + parent + "'");
        }
        return new CommitRequest(
                summary,
                header.path("description").asString(""),
                parent.isEmpty() ? null : parent,
                List.copyOf(operations));
    }

    private static JsonNode read(String line, int number, JsonMapper json) {
        try {
            return json.readTree(line);
        } catch (JacksonException e) {
            throw HubException.badRequest("line " + number + " is not JSON: " + e.getOriginalMessage());
        }
    }

    private static Operation operation(String key, JsonNode value, int line) {
        String path = value.path("path").asString("");
        return switch (key) {
            case "file" -> {
                if (!value.path("encoding").asString("utf-8").equals("base64")) {
                    yield new PutFile(
                            checkPath(path, line),
                            value.path("content").asString("").getBytes(StandardCharsets.UTF_8));
                }
                try {
                    yield new PutFile(
                            checkPath(path, line),
                            Base64.getDecoder().decode(value.path("content").asString("")));
                } catch (IllegalArgumentException e) {
                    throw HubException.badRequest("line " + line + ": content is not base64");
                }
            }
            case "lfsFile" -> {
                String oid = value.path("oid").asString("");
                if (!value.path("algo").asString("").equals("sha256") || !oid.matches("[0-9a-f]{64}")) {
                    throw HubException.badRequest(
                            "line " + line + ": algo must be sha256 and oid 64 hexadecimal digits");
                }
                yield new PutLfs(
                        checkPath(path, line),
                        oid,
                        value.path("size").isIntegralNumber()
                                ? value.path("size").longValue()
                                : null);
            }
            case "deletedFile" -> new DeleteFile(checkPath(path, line));
            case "deletedFolder" -> new DeleteFolder(checkPath(path.replaceAll("/$", ""), line) + "/");
            default -> throw HubException.badRequest("line " + line + ": unknown key '" + key + "'");
        };
    }

    private static String checkPath(String path, int line) {
        boolean good = !path.isEmpty()
                && path.length() <= 1024
                && !path.contains("\\")
                && path.chars().noneMatch(Character::isISOControl)
                && Arrays.stream(path.split("/", -1))
                        .noneMatch(
                                part -> part.isEmpty() || part.equals(".") || part.equals("..") || part.equals(".git"));
        if (!good) {
            throw HubException.badRequest("line " + line + ": '" + path + "' is not a path in a repository");
        }
        return path;
    }
}
