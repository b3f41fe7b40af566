package org.starling.launcher.suite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.starling.postgres.EmbeddedPostgresProperties;
import org.starling.postgres.EmbeddedPostgresServer;

/** One PostgreSQL server for all services, each with a database and a role of its own. */
final class Databases implements AutoCloseable {
    private static final String ADMINISTRATION = "postgres";

    private final EmbeddedPostgresServer server;
    private final Secrets secrets;

    private Databases(EmbeddedPostgresServer server, Secrets secrets) {
        this.server = server;
        this.secrets = secrets;
    }

    static Databases start(Path data, int port, Secrets secrets) {
        Path binaries = Path.of(System.getProperty("user.home"), ".cache", "starling", "postgres");
        return new Databases(
                EmbeddedPostgresServer.start(new EmbeddedPostgresProperties(data, binaries, port, ADMINISTRATION)),
                secrets);
    }

    /** Spring's settings for the service's own database, created when absent. */
    Map<String, String> settings(String service) throws IOException, SQLException {
        String password = secrets.get("database." + service);
        try (Connection connection =
                        DriverManager.getConnection(server.jdbcUrl(), EmbeddedPostgresServer.USER, server.password());
                Statement statement = connection.createStatement()) {
            // Names are this package's constants and passwords hexadecimal digits.
            if (!exists(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + service + "'")) {
                statement.execute("CREATE ROLE " + service + " LOGIN");
            }
            statement.execute("ALTER ROLE " + service + " PASSWORD '" + password + "'");
            if (!exists(statement, "SELECT 1 FROM pg_database WHERE datname = '" + service + "'")) {
                statement.execute("CREATE DATABASE " + service + " OWNER " + service);
            }
        }
        return Map.of(
                "spring.datasource.url",
                server.jdbcUrl().replaceFirst("/[^/]*$", "/" + service),
                "spring.datasource.username",
                service,
                "spring.datasource.password",
                password,
                // Each connection is a process of the server.
                "spring.datasource.hikari.maximum-pool-size",
                "4",
                "spring.datasource.hikari.minimum-idle",
                "1");
    }

    @Override
    public void close() {
        server.close();
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (ResultSet found = statement.executeQuery(query)) {
            return found.next();
        }
    }
}
