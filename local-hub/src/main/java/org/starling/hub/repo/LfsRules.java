package org.starling.hub.repo;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which files go to LFS and which are ignored; clients ask and never decide it themselves. */
final class LfsRules {

    /** Regular files are at most this large. */
    static final long REGULAR_LIMIT = 10 << 20;

    private static final Set<String> EXTENSIONS = Set.of(
            "7z",
            "arrow",
            "bin",
            "bz2",
            "ckpt",
            "gz",
            "h5",
            "model",
            "msgpack",
            "npy",
            "npz",
            "onnx",
            "parquet",
            "pb",
            "pickle",
            "pkl",
            "pt",
            "pth",
            "rar",
            "safetensors",
            "tar",
            "tflite",
            "tgz",
            "xz",
            "zip",
            "zst");

    /** Content of a new repository's {@code .gitattributes}. */
    static final String ATTRIBUTES = EXTENSIONS.stream()
            .sorted()
            .map(each -> "*." + each + " filter=lfs diff=lfs merge=lfs -text\n")
            .collect(Collectors.joining());

    private LfsRules() {}

    /** Whether a file goes to LFS. Empty files never do: the store behind LFS refuses them. */
    static boolean isLfs(String path, long size, byte[] sample) {
        if (size == 0) {
            return false;
        }
        String extension = path.substring(path.lastIndexOf('.') + 1);
        if (size > REGULAR_LIMIT || EXTENSIONS.contains(extension) || path.contains("tfevents")) {
            return true;
        }
        for (byte each : sample) {
            if (each == 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether the lines of a {@code .gitignore} leave a file out. */
    static boolean isIgnored(String path, String gitIgnore) {
        List<String> parts = List.of(path.split("/"));
        boolean ignored = false;
        for (String line : gitIgnore.lines().map(String::strip).toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            boolean negated = line.startsWith("!");
            String pattern = (negated ? line.substring(1) : line).replaceAll("/$", "");
            boolean anchored = pattern.contains("/");
            String glob = pattern.replaceAll("^/", "");
            boolean matches = false;
            for (int i = 1; i <= parts.size() && !matches; i++) {
                String candidate = anchored ? String.join("/", parts.subList(0, i)) : parts.get(i - 1);
                boolean folder = i < parts.size();
                matches = (folder || !line.endsWith("/"))
                        && FileSystems.getDefault()
                                .getPathMatcher("glob:" + glob)
                                .matches(Path.of(candidate));
            }
            ignored = matches ? !negated : ignored;
        }
        return ignored;
    }
}
