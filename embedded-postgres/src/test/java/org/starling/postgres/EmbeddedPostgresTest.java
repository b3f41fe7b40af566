package org.starling.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

class EmbeddedPostgresTest {

    @TempDir
    Path folder;

    private final ApplicationContextRunner context = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class, DataSourceAutoConfiguration.class));

    @Test
    void keepsDataAcrossRestartsAndAsksForThePassword() {
        ApplicationContextRunner runner = context.withPropertyValues("starling.postgres.data=" + folder);
        runner.run(started -> {
            JdbcTemplate jdbc = new JdbcTemplate(started.getBean(DataSource.class));
            jdbc.execute("CREATE TABLE kept (epoch bigint)");
            jdbc.update("INSERT INTO kept VALUES (42)");
            assertThat(jdbc.queryForObject("SHOW fsync", String.class)).isEqualTo("on");

            assertThat(started.getBean(EmbeddedPostgresProperties.class).binaries())
                    .isEqualTo(Path.of(System.getProperty("user.home"), ".cache/starling/postgres"))
                    .exists();

            String url = started.getBean(JdbcConnectionDetails.class).getJdbcUrl();
            assertThatThrownBy(() -> DriverManager.getConnection(url, "postgres", "guess"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(folder.resolve(EmbeddedPostgresServer.PASSWORD_FILE))))
                    .isEqualTo("rw-------");
        });
        runner.run(restarted -> assertThat(new JdbcTemplate(restarted.getBean(DataSource.class))
                        .queryForObject("SELECT epoch FROM kept", Long.class))
                .isEqualTo(42));
    }

    @Test
    void refusesASecondServiceOnTheSameFolder() {
        EmbeddedPostgresProperties properties = properties();
        try (EmbeddedPostgresServer first = EmbeddedPostgresServer.start(properties)) {
            assertThat(first.password()).isNotEmpty();
            assertThatThrownBy(() -> EmbeddedPostgresServer.start(properties))
                    .hasMessageContaining("in use by another service")
                    .hasMessageContaining("starling.postgres.data");
        }
    }

    @Test
    void theServerEndsWithAServiceThatIsKilled() throws Exception {
        Process service = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Service.class.getName(),
                        folder.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile())
                .start();
        Path pidFile = folder.resolve("cluster/postmaster.pid");
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(folder.resolve("ready")));
        long server;
        try (Stream<String> lines = Files.lines(pidFile)) {
            server = Long.parseLong(lines.findFirst().orElseThrow().strip());
        }

        service.destroyForcibly().waitFor();

        await().atMost(Duration.ofSeconds(20))
                .until(() -> !Files.exists(pidFile)
                        && ProcessHandle.of(server)
                                .filter(ProcessHandle::isAlive)
                                .isEmpty());
    }

    @Test
    void doesNothingWhereADatabaseIsConfigured() {
        context.withPropertyValues("spring.datasource.url=jdbc:postgresql://database.example/starling")
                .run(configured -> assertThat(configured)
                        .hasNotFailed()
                        .doesNotHaveBean(EmbeddedPostgresServer.class)
                        .hasSingleBean(DataSource.class));
    }

    @Test
    void namesTheSettingThatIsWrong() {
        context.withPropertyValues("starling.postgres.port=70000")
                .run(failed -> assertThat(failed.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining("starling.postgres.port"));
    }

    private EmbeddedPostgresProperties properties() {
        return new EmbeddedPostgresProperties(folder, Path.of("~/.cache/starling/postgres"), 0, "starling");
    }

    /** A service in a process of its own, to be killed. */
    static final class Service {
        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]);
            EmbeddedPostgresServer.start(
                    new EmbeddedPostgresProperties(folder, Path.of("~/.cache/starling/postgres"), 0, "starling"));
            Files.createFile(folder.resolve("ready"));
            Thread.sleep(Duration.ofMinutes(2).toMillis());
        }
    }
}
