package org.starling.hub.repo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.web.HubException;

/** Contents of files by their hash: LFS objects by SHA-256, the others by git blob id. Nothing is ever overwritten. */
@Component
final class ObjectStore {

    private final Path lfs;
    private final Path blobs;
    private final Path uploads;

    ObjectStore(HubProperties properties) {
        this.lfs = properties.data().resolve("lfs");
        this.blobs = properties.data().resolve("blobs");
        this.uploads = properties.data().resolve("uploads");
    }

    boolean hasLfs(String oid) {
        return Files.exists(lfsFile(oid));
    }

    long lfsSize(String oid) {
        try {
            return Files.size(lfsFile(oid));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path lfsFile(String oid) {
        return sharded(lfs, oid);
    }

    Path blobFile(String oid) {
        return sharded(blobs, oid);
    }

    /** Keeps an upload if its content is what its name says. */
    void putLfs(String oid, long size, InputStream content) {
        try {
            Files.createDirectories(uploads);
            Path received = Files.createTempFile(uploads, "lfs", "");
            try {
                MessageDigest sha256 = digest("SHA-256");
                try (DigestInputStream in = new DigestInputStream(content, sha256);
                        OutputStream out = Files.newOutputStream(received)) {
                    in.transferTo(out);
                }
                admit(received, oid, size, HexFormat.of().formatHex(sha256.digest()));
            } finally {
                Files.deleteIfExists(received);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Keeps a part of an upload.
     *
     * @return the part's MD5, its ETag
     */
    String putPart(String oid, int number, InputStream content) {
        try {
            Path part = part(oid, number);
            Files.createDirectories(part.getParent());
            Path received = Files.createTempFile(part.getParent(), "part", ".new");
            MessageDigest md5 = digest("MD5");
            try (DigestInputStream in = new DigestInputStream(content, md5);
                    OutputStream out = Files.newOutputStream(received)) {
                in.transferTo(out);
            }
            Files.move(received, part, StandardCopyOption.REPLACE_EXISTING);
            String etag = HexFormat.of().formatHex(md5.digest());
            Files.writeString(part.resolveSibling(number + ".etag"), etag);
            return etag;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a part with this ETag has arrived. */
    boolean hasPart(String oid, int number, String etag) {
        try {
            Path file = part(oid, number).resolveSibling(number + ".etag");
            return Files.exists(file) && Files.readString(file).equals(etag.replace("\"", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts an upload's parts together. */
    void completeParts(String oid, long size, int parts) {
        try {
            Files.createDirectories(uploads);
            Path whole = Files.createTempFile(uploads, "lfs", "");
            try {
                MessageDigest sha256 = digest("SHA-256");
                try (OutputStream out = Files.newOutputStream(whole)) {
                    for (int number = 1; number <= parts; number++) {
                        try (DigestInputStream in =
                                new DigestInputStream(Files.newInputStream(part(oid, number)), sha256)) {
                            in.transferTo(out);
                        }
                    }
                }
                admit(whole, oid, size, HexFormat.of().formatHex(sha256.digest()));
                deleteTree(uploads.resolve(oid));
            } finally {
                Files.deleteIfExists(whole);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Keeps the content of a regular file.
     *
     * @return its git blob id
     */
    String putBlob(byte[] content) {
        String oid = blobId(content);
        Path file = blobFile(oid);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.getParent());
                Path written = Files.createTempFile(file.getParent(), "blob", ".new");
                Files.write(written, content);
                Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return oid;
    }

    /** The git id of a blob. */
    static String blobId(byte[] content) {
        MessageDigest sha1 = digest("SHA-1");
        sha1.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().formatHex(sha1.digest(content));
    }

    /** The file that git keeps in place of an LFS object. */
    static byte[] pointer(String oid, long size) {
        return "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
                .formatted(oid, size)
                .getBytes(StandardCharsets.US_ASCII);
    }

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void admit(Path received, String oid, long size, String sha256) throws IOException {
        if (Files.size(received) != size) {
            throw HubException.badRequest(
                    "The upload has " + Files.size(received) + " bytes where " + size + " were announced");
        }
        if (!sha256.equals(oid)) {
            throw HubException.badRequest("The upload has SHA-256 " + sha256 + ", not " + oid);
        }
        Path file = lfsFile(oid);
        Files.createDirectories(file.getParent());
        Files.move(received, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path part(String oid, int number) {
        return uploads.resolve(oid).resolve(Integer.toString(number));
    }

    private static Path sharded(Path folder, String oid) {
        return folder.resolve(oid.substring(0, 2)).resolve(oid.substring(2, 4)).resolve(oid);
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
