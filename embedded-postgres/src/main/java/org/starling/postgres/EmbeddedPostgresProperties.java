package org.starling.postgres;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the embedded server keeps its data and how it is reached.
 *
 * @param data folder of the server's files, its password and its lock, kept across restarts; one server per folder
 * @param binaries folder into which the server's programs are unpacked once, shared by all services of a user; a
 *     leading {@code ~} is that user's home
 * @param port TCP port on 127.0.0.1; 0 takes a free one
 * @param database name of the database, created when absent
 */
@ConfigurationProperties("starling.postgres")
public record EmbeddedPostgresProperties(
        @DefaultValue(".starling/postgres") Path data,

        @DefaultValue("~/.cache/starling/postgres") Path binaries,

        @DefaultValue("0") int port,
        @DefaultValue("starling") String database) {

    /** Checks what a server could not start with, and makes the folders absolute. */
    public EmbeddedPostgresProperties {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("starling.postgres.port must be between 0 and 65535, not " + port);
        }
        if (!database.matches("[a-z_][a-z0-9_]{0,62}")) {
            throw new IllegalArgumentException(
                    "starling.postgres.database must be lower-case letters, digits and underscores, not " + database);
        }
        data = data.toAbsolutePath().normalize();
        Path home = Path.of("~");
        binaries = (binaries.startsWith(home)
                        ? Path.of(System.getProperty("user.home")).resolve(home.relativize(binaries))
                        : binaries)
                .toAbsolutePath()
                .normalize();
    }
}
