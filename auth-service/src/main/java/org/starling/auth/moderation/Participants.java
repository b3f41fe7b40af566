package org.starling.auth.moderation;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.starling.auth.account.Account;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Wanted;
import org.starling.auth.run.Run;

/** Reads what is written down about those who asked to take part in a run. */
@Repository
public class Participants {

    private static final int MAX_KEYS = 200;

    private final JdbcClient database;

    Participants(JdbcClient database) {
        this.database = database;
    }

    /**
     * An account in a run.
     *
     * @param number stays the same; lists are turned over by it
     * @param state of its request to join
     * @param keys that it has used in the run
     * @param lastUse when a peer of it last got a token; null if none did
     */
    public record Participant(
            long number,
            String id,
            String name,
            String state,
            boolean banned,
            int keys,
            @Nullable Instant lastUse) {}

    /**
     * A peer key of an account.
     *
     * @param peer 64 hexadecimal digits
     * @param tokenUntil when its newest token expires
     */
    public record Key(
            String peer,
            Instant firstSeen,
            Instant lastUse,
            Instant tokenUntil,
            List<String> roles,
            String certificateThumbprint,
            boolean banned) {}

    /**
     * Those who asked to join, by name.
     *
     * @param beginning of their names, whatever its case; empty for everybody
     */
    public Excerpt<Participant> list(Run run, String beginning, Wanted wanted) {
        return Excerpt.rising(
                wanted,
                (number, limit) -> query(
                        run,
                        beginning,
                        "(a.name, a.id) > (SELECT o.name, o.id FROM account o WHERE o.id = :number)"
                                + " OR :number = 0",
                        "a.name, a.id",
                        number,
                        limit),
                (number, limit) -> query(
                        run,
                        beginning,
                        "(a.name, a.id) < (SELECT o.name, o.id FROM account o WHERE o.id = :number)",
                        "a.name DESC, a.id DESC",
                        number,
                        limit),
                Participant::number);
    }

    /** The account, if it asked to join the run. */
    public Optional<Participant> find(Run run, Account account) {
        return query(run, "", "a.id = :number", "a.id", account.id(), 1).stream()
                .findFirst();
    }

    /**
     * @param which condition about {@code :number}
     * @param order of the rows
     */
    private List<Participant> query(Run run, String beginning, String which, String order, long number, int limit) {
        return database.sql("""
                        SELECT a.id, a.hub_id, a.name, r.state, u.keys, u.last_use,
                               EXISTS (SELECT FROM ban b WHERE b.run_id = r.run_id AND b.account_id = a.id
                                       AND b.lifted_at IS NULL) AS banned
                        FROM join_request r
                        JOIN account a ON a.id = r.account_id
                        CROSS JOIN LATERAL (SELECT count(DISTINCT k.id) AS keys, max(t.issued_at) AS last_use
                                            FROM peer_key k JOIN issued_token t ON t.peer_key_id = k.id
                                            WHERE k.account_id = a.id AND t.run_id = r.run_id) u
                        WHERE r.run_id = :run AND starts_with(lower(a.name), lower(:beginning)) AND (%s)
                        ORDER BY %s
                        LIMIT :limit""".formatted(which, order))
                .param("run", run.id())
                .param("beginning", beginning)
                .param("number", number)
                .param("limit", limit)
                .query((row, index) -> participant(row))
                .list();
    }

    /** The keys that an account has used in a run, that used last first; 200 at most. */
    public List<Key> keys(Run run, Account account) {
        return database.sql("""
                        SELECT k.peer, k.created_at, k.certificate_thumbprint, t.issued_at, t.expires_at, t.roles,
                               EXISTS (SELECT FROM ban b WHERE b.run_id = :run AND b.peer = k.peer
                                       AND b.lifted_at IS NULL) AS banned
                        FROM peer_key k
                        JOIN LATERAL (SELECT issued_at, expires_at, roles FROM issued_token
                                      WHERE peer_key_id = k.id AND run_id = :run
                                      ORDER BY expires_at DESC LIMIT 1) t ON true
                        WHERE k.account_id = :account
                        ORDER BY t.issued_at DESC
                        LIMIT :limit""")
                .param("run", run.id())
                .param("account", account.id())
                .param("limit", MAX_KEYS)
                .query((row, number) -> new Key(
                        row.getString("peer"),
                        instant(row, "created_at"),
                        instant(row, "issued_at"),
                        instant(row, "expires_at"),
                        List.of(row.getString("roles").split(" ")),
                        row.getString("certificate_thumbprint"),
                        row.getBoolean("banned")))
                .list();
    }

    private static Participant participant(ResultSet row) throws SQLException {
        OffsetDateTime lastUse = row.getObject("last_use", OffsetDateTime.class);
        return new Participant(
                row.getLong("id"),
                row.getString("hub_id"),
                row.getString("name"),
                row.getString("state").toLowerCase(Locale.ROOT),
                row.getBoolean("banned"),
                row.getInt("keys"),
                lastUse == null ? null : lastUse.toInstant());
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
