package org.starling.auth.authority;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;

/** The secret that the signing key is encrypted with: configured, or made once and kept in the data folder for the owner alone. */
@Component
final class AuthoritySecret {

    private static final Logger log = LoggerFactory.getLogger(AuthoritySecret.class);

    private final AuthProperties properties;

    AuthoritySecret(AuthProperties properties) {
        this.properties = properties;
    }

    String get() {
        if (properties.secret() != null) {
            return properties.secret();
        }
        Path file = properties.data().resolve("secret");
        try {
            if (!Files.exists(file)) {
                create(file);
                log.warn(
                        "STARLING_AUTH_SECRET is not set: the signing key is encrypted with a secret made in {}. Whoever"
                                + " has that file and the database can sign for this authority",
                        file);
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The secret " + file + " cannot be read or made; set STARLING_AUTH_SECRET or starling.auth.data",
                    e);
        }
    }

    private static void create(Path file) throws IOException {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        Files.createDirectories(file.getParent());
        Path written = file.resolveSibling("secret.new");
        Files.deleteIfExists(written);
        Files.createFile(written);
        if (written.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-------"));
        }
        Files.writeString(written, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
