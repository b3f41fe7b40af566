package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.starling.swarm.identity.PeerIdentity;

/** A database of the first version, with data, is brought to the newest, and the service goes on with it. */
@NullUnmarked
class MigrationTest {

    private static final List<String> TABLES_OF_THE_FIRST_VERSION = List.of(
            "account",
            "run",
            "run_entry_point",
            "run_official",
            "join_request",
            "peer_key",
            "issued_token",
            "issued_order",
            "authority_key",
            "audit_event");

    @TempDir
    Path folder;

    @Test
    void whatTheFirstVersionWroteIsKeptAndUsed() {
        try (RunningAuthService model = new RunningAuthService(folder)) {
            model.approve("bob");
            PeerIdentity identity = PeerIdentity.create();
            model.askForToken("bob", identity);
            model.post(
                    RUN_PATH + "/orders",
                    "otto",
                    "{\"type\":\"rollback\",\"state\":{\"epoch\":3,\"samples\":100,\"digest\":\"" + "ab".repeat(32)
                            + "\"}}");
            String jwks = model.get("/oauth2/jwks", null).body();
            JdbcTemplate source = model.context.getBean(JdbcTemplate.class);
            source.execute("CREATE DATABASE first_version");
            JdbcTemplate old = oldDatabase(model);
            copy(source, old);

            try (RunningAuthService migrated = model.on("first_version")) {
                for (String table : TABLES_OF_THE_FIRST_VERSION) {
                    assertThat(count(old, table))
                            .as(table)
                            .isGreaterThanOrEqualTo(count(source, table))
                            .isPositive();
                }
                assertThat(migrated.get("/oauth2/jwks", null).body()).isEqualTo(jwks);
                assertThat(json(migrated.get(RUN_PATH + "/join-requests/me", "bob"))
                                .path("state")
                                .asString())
                        .isEqualTo("approved");
                assertThat(migrated.askForToken("bob", identity).statusCode()).isEqualTo(200);
                assertThat(json(migrated.get(RUN_PATH + "/orders", null)).size())
                        .isEqualTo(1);
                assertThat(json(migrated.post(RUN_PATH + "/orders", "otto", "{\"type\":\"pause\",\"reason\":\"x\"}"))
                                .path("number")
                                .asLong())
                        .isEqualTo(2);
                assertThat(migrated.get(RUN_PATH + "/accounts/bob", "ada").statusCode())
                        .isEqualTo(200);
                assertThatThrownBy(() -> old.execute("TRUNCATE audit_event")).hasMessageContaining("append-only");
                assertThat(old.queryForObject("SELECT count(*) FROM run WHERE name = ?", Long.class, RUN))
                        .isEqualTo(1);
            }
            assertThatRulesAreReadFromTheirWords(model);
        }
    }

    /** What a rule demanded was kept in words only. */
    private static void assertThatRulesAreReadFromTheirWords(RunningAuthService model) {
        model.context.getBean(JdbcTemplate.class).execute("CREATE DATABASE twentieth_version");
        DataSource database = database(model, "twentieth_version");
        Flyway.configure().dataSource(database).target("20").load().migrate();
        JdbcTemplate jdbc = new JdbcTemplate(database);
        jdbc.execute("""
                INSERT INTO account (hub_id, name, created_at) VALUES ('1', 'nia', now()), ('2', 'bob', now());
                INSERT INTO run (name, description, configuration, created_at) VALUES ('a/b', '', '{}', now());
                INSERT INTO join_request (run_id, account_id, state, requested_at, decided_at, version, rule)
                SELECT run.id, account.id, 'APPROVED', now(), now(), 0,
                    CASE hub_id WHEN '1' THEN 'member of birds-of.x with the role write or more' END
                FROM run, account""");

        Flyway.configure().dataSource(database).load().migrate();

        assertThat(jdbc.queryForList("""
                        SELECT name || ': ' || coalesce(rule_organization || ' ' || rule_minimum_role, 'no rule')
                        FROM join_request JOIN account ON account.id = account_id""", String.class))
                .containsExactlyInAnyOrder("nia: birds-of.x WRITE", "bob: no rule");
    }

    private static DataSource database(RunningAuthService model, String name) {
        HikariDataSource server = model.context.getBean(HikariDataSource.class);
        return new DriverManagerDataSource(
                server.getJdbcUrl().replaceFirst("/[^/?]*(\\?.*)?$", "/" + name),
                server.getUsername(),
                server.getPassword());
    }

    private static JdbcTemplate oldDatabase(RunningAuthService model) {
        DataSource database = database(model, "first_version");
        Flyway.configure().dataSource(database).target("1").load().migrate();
        return new JdbcTemplate(database);
    }

    /** The columns that the first version had. */
    private static void copy(JdbcTemplate from, JdbcTemplate to) {
        for (String table : TABLES_OF_THE_FIRST_VERSION) {
            List<String> columns = to.queryForList(
                    "SELECT column_name::text FROM information_schema.columns WHERE table_name = ?",
                    String.class,
                    table);
            String names = String.join(", ", columns);
            for (Map<String, Object> row : from.queryForList("SELECT " + names + " FROM " + table)) {
                to.update(
                        "INSERT INTO " + table + " (" + names + ") OVERRIDING SYSTEM VALUE VALUES (?"
                                + ", ?".repeat(columns.size() - 1) + ")",
                        columns.stream().map(row::get).toArray());
            }
            if (columns.contains("id")) {
                to.execute("SELECT setval(pg_get_serial_sequence('" + table + "', 'id'), (SELECT max(id) FROM " + table
                        + "))");
            }
        }
    }

    private static long count(JdbcTemplate database, String table) {
        return database.queryForObject("SELECT count(*) FROM " + table, Long.class);
    }
}
