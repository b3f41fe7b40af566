package org.starling.auth.device;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.starling.auth.account.Account;

/** Reads which machines act in somebody's name. */
@Repository
public class Machines {

    private static final int MAX_LISTED = 500;

    private final JdbcClient database;
    private final InstantSource clock;

    Machines(JdbcClient database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * A machine.
     *
     * @param peer id of its key, 64 hexadecimal digits
     * @param name what it called itself when it logged in; absent if it did not
     * @param loggedInUntil how long it may ask for tokens without being used; absent if it is not logged in
     * @param run of its newest token; absent if it never had one
     * @param lastUse when it got that
     * @param tokenUntil when that expires
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Machine(
            String peer,
            @Nullable String name,
            @Nullable Instant loggedInUntil,
            @Nullable String run,
            @Nullable Instant lastUse,
            @Nullable Instant tokenUntil) {}

    /** The account's machines, that used last first; 500 at most. */
    public List<Machine> of(Account account) {
        return database.sql("""
                        SELECT m.peer, c.device_name, c.expires_at AS logged_in_until,
                               t.name AS run, t.issued_at, t.expires_at AS token_until
                        FROM (SELECT peer FROM peer_key WHERE account_id = :account
                              UNION SELECT peer FROM peer_credential WHERE account_id = :account) m
                        LEFT JOIN peer_credential c
                          ON c.peer = m.peer AND c.account_id = :account AND c.expires_at > :now
                        LEFT JOIN LATERAL (SELECT r.name, i.issued_at, i.expires_at
                                           FROM peer_key k JOIN issued_token i ON i.peer_key_id = k.id
                                           JOIN run r ON r.id = i.run_id
                                           WHERE k.peer = m.peer AND k.account_id = :account
                                           ORDER BY i.issued_at DESC LIMIT 1) t ON true
                        ORDER BY t.issued_at DESC NULLS LAST, m.peer
                        LIMIT :limit""")
                .param("account", account.id())
                .param("now", clock.instant().atOffset(ZoneOffset.UTC))
                .param("limit", MAX_LISTED)
                .query((row, number) -> new Machine(
                        row.getString("peer"),
                        row.getString("device_name"),
                        instant(row, "logged_in_until"),
                        row.getString("run"),
                        instant(row, "issued_at"),
                        instant(row, "token_until")))
                .list();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
