package org.starling.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL server in one data folder, listening on loopback only and asking for a password that is kept beside
 * the data in a file with mode 600. It ends with this process, even if this process is killed.
 */
public final class EmbeddedPostgresServer implements AutoCloseable {

    /** The server's only role. */
    public static final String USER = "postgres";

    /** File in the data folder that holds the password of {@link #USER}. */
    public static final String PASSWORD_FILE = "password";

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgresServer.class);
    private static final String CLUSTER = "cluster";
    private static final String ACCESS_RULES = "host all all 127.0.0.1/32 scram-sha-256\n";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private final EmbeddedPostgres server;
    private final FileChannel lockChannel;
    private final @Nullable Process watchdog;
    private final String database;
    private final String password;

    private EmbeddedPostgresServer(
            EmbeddedPostgres server,
            FileChannel lockChannel,
            @Nullable Process watchdog,
            String database,
            String password) {
        this.server = server;
        this.lockChannel = lockChannel;
        this.watchdog = watchdog;
        this.database = database;
        this.password = password;
    }

    /**
     * Starts the server, creating its files and the database at first use.
     *
     * @throws IllegalStateException when the folder is in use by another service, or the server does not start; the
     *     message says what to do
     */
    public static EmbeddedPostgresServer start(EmbeddedPostgresProperties properties) {
        Path data = properties.data();
        FileChannel lock = null;
        try {
            Files.createDirectories(data);
            Files.createDirectories(properties.binaries());
            restrictToOwner(data, "rwx------");
            lock = lock(data);
            stopOrphan(data);
            EmbeddedPostgresServer started = launch(properties, lock);
            log.info("PostgreSQL is ready at {} (data in {})", started.jdbcUrl(), data);
            return started;
        } catch (IOException | SQLException | RuntimeException e) {
            closeQuietly(lock);
            if (e instanceof InUseException inUse) {
                throw inUse;
            }
            throw new IllegalStateException(
                    "The embedded PostgreSQL did not start in " + data + ": " + e.getMessage()
                            + ". Set starling.postgres.data to a folder that this user can write to, or"
                            + " spring.datasource.url to an existing server.",
                    e);
        }
    }

    private static EmbeddedPostgresServer launch(EmbeddedPostgresProperties properties, FileChannel lock)
            throws IOException, SQLException {
        String password = readOrCreatePassword(properties.data().resolve(PASSWORD_FILE));
        Path cluster = properties.data().resolve(CLUSTER);
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setDataDirectory(cluster)
                .setOverrideWorkingDirectory(properties.binaries().toFile())
                .setCleanDataDirectory(false)
                // The container closes the server after those who use it; a shutdown hook would race with them.
                .setRegisterShutdownHook(false)
                .setPGStartupWait(START_TIMEOUT)
                // The library switches it off for tests; these data are kept.
                .setServerConfig("fsync", "on")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("listen_addresses", "127.0.0.1")
                // Several such servers may share one small machine.
                .setServerConfig("shared_buffers", "32MB")
                .setServerConfig("max_connections", "40")
                .setPort(properties.port())
                .setConnectConfig("password", password)
                .start();
        try {
            EmbeddedPostgresServer started =
                    new EmbeddedPostgresServer(server, lock, startWatchdog(cluster), properties.database(), password);
            started.requirePassword(cluster.resolve("pg_hba.conf"));
            started.createDatabaseIfAbsent();
            return started;
        } catch (IOException | SQLException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** The URL of the database, without credentials. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database;
    }

    /** The password of {@link #USER}. */
    public String password() {
        return password;
    }

    /** Stops the server and waits until it has written its data. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            log.warn("PostgreSQL did not stop cleanly; it recovers at the next start", e);
        } finally {
            if (watchdog != null) {
                watchdog.destroyForcibly();
            }
            closeQuietly(lockChannel);
        }
    }

    private void createDatabaseIfAbsent() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            // The name was checked to be a plain identifier.
            try (ResultSet found =
                    statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + database + "'")) {
                if (found.next()) {
                    return;
                }
            }
            statement.execute("CREATE DATABASE " + database);
        }
    }

    /** A new cluster trusts everybody on this machine; from here on it asks for the password. */
    private void requirePassword(Path accessRules) throws IOException, SQLException {
        if (Files.readString(accessRules).equals(ACCESS_RULES)) {
            return;
        }
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER ROLE " + USER + " PASSWORD '" + password + "'");
            Files.writeString(accessRules, ACCESS_RULES);
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres", USER, password);
    }

    private static String readOrCreatePassword(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] bytes = new byte[24];
            new SecureRandom().nextBytes(bytes);
            Path written = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(written);
            Files.createFile(written);
            restrictToOwner(written, "rw-------");
            Files.writeString(written, HexFormat.of().formatHex(bytes));
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file);
    }

    private static FileChannel lock(Path data) throws IOException {
        FileChannel channel =
                FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new InUseException("The PostgreSQL data folder " + data + " is in use by another service. Give each"
                    + " service its own starling.postgres.data, or one server's address as spring.datasource.url.");
        }
        return channel;
    }

    /**
     * Stops a server that outlived its service, and waits until it has stopped. The caller knows, by a lock, that no service
     * uses it.
     *
     * @param data folder of {@link EmbeddedPostgresProperties#data}; may be missing
     */
    public static void stopOrphan(Path data) throws IOException {
        Optional<ProcessHandle> orphan = serverPid(data.resolve(CLUSTER))
                .flatMap(ProcessHandle::of)
                .filter(handle -> handle.info().command().orElse("").contains("postgres"));
        if (orphan.isEmpty()) {
            return;
        }
        log.info(
                "Stopping a PostgreSQL server that was left behind (process {})",
                orphan.get().pid());
        orphan.get().destroy();
        try {
            orphan.get().onExit().get(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException(
                    "a PostgreSQL server that was left behind does not stop: end process "
                            + orphan.get().pid(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static Optional<Long> serverPid(Path cluster) throws IOException {
        try {
            return Files.readAllLines(cluster.resolve("postmaster.pid")).stream()
                    .findFirst()
                    .map(line -> Long.parseLong(line.strip()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * A shell that waits on a pipe from this process and stops the server when the pipe breaks: the server is a daemon
     * and would outlive a service that is killed. Where there is no shell, {@link #stopOrphan} cleans up at the next
     * start.
     */
    private static @Nullable Process startWatchdog(Path cluster) throws IOException {
        long pid = serverPid(cluster).orElseThrow(() -> new IOException("postmaster.pid is missing"));
        try {
            return new ProcessBuilder(
                            "sh", "-c", "trap '' INT TERM HUP; cat >/dev/null; kill -INT \"$1\"", "watchdog", "" + pid)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            log.debug("No shell to watch over PostgreSQL with", e);
            return null;
        }
    }

    private static void restrictToOwner(Path path, String permissions) throws IOException {
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            log.debug("Closing the lock of the data folder", e);
        }
    }

    private static final class InUseException extends IllegalStateException {
        InUseException(String message) {
            super(message);
        }
    }
}
