package org.starling.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import org.starling.swarm.digest.Hashes;

/**
 * A file to upload.
 *
 * @param path in the repository
 * @param sample its first 512 bytes, base64
 * @param sha256 hexadecimal
 */
record UploadFile(String path, Path file, long size, String sample, String sha256) {
    private static final int SAMPLE_BYTES = 512;

    static UploadFile of(String path, Path file) throws IOException {
        byte[] sample;
        try (InputStream content = Files.newInputStream(file)) {
            sample = content.readNBytes(SAMPLE_BYTES);
        }
        MessageDigest sha256 = Hashes.newSha256();
        try (InputStream content = new DigestInputStream(Files.newInputStream(file), sha256)) {
            content.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return new UploadFile(
                path,
                file,
                Files.size(file),
                Base64.getEncoder().encodeToString(sample),
                HexFormat.of().formatHex(sha256.digest()));
    }
}
