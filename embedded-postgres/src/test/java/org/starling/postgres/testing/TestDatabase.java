package org.starling.postgres.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A fresh PostgreSQL database for a test: on the server of {@code STARLING_TEST_DATASOURCE_URL} (with {@code ..._USERNAME}
 * and {@code ..._PASSWORD}) if that is set, else in Docker where there is Docker, else on the embedded server. Which one
 * it is is logged.
 */
public final class TestDatabase implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TestDatabase.class);
    private static final String VARIABLE = "STARLING_TEST_DATASOURCE_";

    private final Map<String, String> properties;
    private final Runnable stop;

    private TestDatabase(Map<String, String> properties, Runnable stop) {
        this.properties = Map.copyOf(properties);
        this.stop = stop;
    }

    /** Starts or finds a server. @param folder where the embedded server may keep its files */
    public static TestDatabase start(Path folder) {
        String url = System.getenv(VARIABLE + "URL");
        if (url != null) {
            log.warn("Testing on the configured PostgreSQL server, {}", url);
            return onServer(url, System.getenv(VARIABLE + "USERNAME"), System.getenv(VARIABLE + "PASSWORD"), () -> {});
        }
        if (DockerClientFactory.instance().isDockerAvailable()) {
            PostgreSQLContainer container = new PostgreSQLContainer("postgres:18-alpine");
            container.start();
            log.warn("Testing on PostgreSQL in Docker, {}", container.getJdbcUrl());
            return onServer(container.getJdbcUrl(), container.getUsername(), container.getPassword(), container::stop);
        }
        log.warn("Testing on embedded PostgreSQL: no {}URL is set and there is no Docker", VARIABLE);
        return new TestDatabase(Map.of("starling.postgres.data", folder.toString()), () -> {});
    }

    private static TestDatabase onServer(String url, String username, String password, Runnable stop) {
        String name = "test_" + UUID.randomUUID().toString().replace("-", "");
        try (Connection connection = DriverManager.getConnection(url, username, password);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("No database can be made on " + url, e);
        }
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("spring.datasource.url", url.replaceFirst("/[^/?]*(\\?.*)?$", "/" + name));
        properties.put("spring.datasource.username", username);
        properties.put("spring.datasource.password", password);
        return new TestDatabase(properties, stop);
    }

    /** Spring properties that lead an application to the database. */
    public Map<String, String> properties() {
        return properties;
    }

    @Override
    public void close() {
        stop.run();
    }
}
