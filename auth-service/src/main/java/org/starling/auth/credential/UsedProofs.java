package org.starling.auth.credential;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerProof;

/** Remembers the proofs that were shown, for as long as they could be shown again. */
@Repository
class UsedProofs {

    private static final Duration KEPT = PeerProof.MAX_CLOCK_SKEW.multipliedBy(3);
    private static final int USES_BETWEEN_CLEANINGS = 100;

    private final JdbcClient database;
    private final AtomicInteger uses = new AtomicInteger();

    UsedProofs(JdbcClient database) {
        this.database = database;
    }

    /** Whether the proof is shown for the first time, to whatever instance of this service. */
    boolean use(PeerId peer, byte[] nonce, Instant now) {
        if (uses.getAndIncrement() % USES_BETWEEN_CLEANINGS == 0) {
            database.sql("DELETE FROM used_proof WHERE used_at < :old")
                    .param("old", Timestamp.from(now.minus(KEPT)))
                    .update();
        }
        return database.sql("""
                        INSERT INTO used_proof (peer, nonce, used_at) VALUES (:peer, :nonce, :now)
                        ON CONFLICT DO NOTHING""")
                        .param("peer", peer.toString())
                        .param("nonce", nonce)
                        .param("now", Timestamp.from(now))
                        .update()
                == 1;
    }
}
