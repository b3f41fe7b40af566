package org.starling.auth.page;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.starling.auth.Problem;

/**
 * Counts the wrong user codes of each account, for all instances of this service together. With ten guesses in a quarter of an
 * hour, at fifty machines that wait, an account hits one in fifty million quarters of an hour.
 */
@Component
class CodeGuesses {

    static final int MAX_WRONG = 10;

    private static final Duration WINDOW = Duration.ofMinutes(15);

    private final JdbcClient database;
    private final InstantSource clock;

    CodeGuesses(JdbcClient database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Lets somebody guess. Counted as wrong before it is known, lest many guesses at once count as one; a right one is taken off
     * again.
     *
     * @param account the hub's id
     * @param guess empty if the code was wrong
     * @throws org.springframework.web.ErrorResponseException 429 if too many were wrong
     */
    <T> Optional<T> guess(String account, Supplier<Optional<T>> guess) {
        Instant now = clock.instant();
        if (begin(account, now) > MAX_WRONG) {
            throw Problem.tooManyRequests(
                    "Too many codes were wrong. Wait a quarter of an hour, start the machine again for a new code, and"
                            + " copy that one.");
        }
        Optional<T> found = guess.get();
        if (found.isPresent()) {
            database.sql("UPDATE code_guesses SET wrong = wrong - 1 WHERE hub_id = :account AND wrong > 0")
                    .param("account", account)
                    .update();
        }
        return found;
    }

    /** How many have been wrong since the first of the last quarter of an hour, this one included. */
    private int begin(String account, Instant now) {
        Timestamp old = Timestamp.from(now.minus(WINDOW));
        database.sql("DELETE FROM code_guesses WHERE since < :old")
                .param("old", old)
                .update();
        return database.sql("""
                        INSERT INTO code_guesses (hub_id, wrong, since) VALUES (:account, 1, :now)
                        ON CONFLICT (hub_id) DO UPDATE SET wrong = least(code_guesses.wrong + 1, :most)
                        RETURNING wrong""")
                .param("account", account)
                .param("now", Timestamp.from(now))
                .param("most", MAX_WRONG + 1)
                .query(Integer.class)
                .single();
    }
}
