package org.starling.metrics.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import org.starling.metrics.chain.Chain;
import org.starling.metrics.chain.Link;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;

/**
 * The epoch records, which of them count, and what accounts and peers have contributed to those: totals that are kept up with
 * every change, because the records are too many to be added up again and again. Nothing of it is held in memory. Safe for
 * use by several threads, but settled by one; each method is one transaction.
 */
@Repository
@Transactional
public class ChainStore {
    /** Within so many epochs of the head peers still speak of their training losses; of older epochs only the mean is kept. */
    private static final int EPOCHS_SPOKEN_OF = 64;

    private final EpochRepository epochs;
    private final JdbcClient sql;
    private final InstantSource clock;
    private final Chain.Links links = new StoredLinks();

    ChainStore(EpochRepository epochs, JdbcClient sql, InstantSource clock) {
        this.epochs = epochs;
        this.sql = sql;
        this.clock = clock;
    }

    /**
     * What a step has changed.
     *
     * @param epochs that are new, or count now, or count no longer
     * @param left how many count no longer
     * @param missing the id of a record that the chain needs and that is not known
     * @param more whether there is more to settle
     */
    public record Step(Set<EpochKey> epochs, int left, Optional<Digest> missing, boolean more) {}

    /** Keeps records and finds out, a step at a time, which ones count now. */
    public Step settle(Collection<EpochRecord> heard) {
        Set<EpochKey> changed = new HashSet<>(insert(heard));
        Chain.Change change = Chain.settle(links);
        List<EpochKey> left = leaving(change.kept());
        changed.addAll(left);
        change.joined().forEach(link -> changed.add(new EpochKey(link.generation(), link.epoch())));
        if (!left.isEmpty()) {
            credit(-1, "SELECT record_id FROM epoch WHERE on_chain AND epoch > :kept", Map.of("kept", change.kept()));
            sql.sql("UPDATE epoch SET on_chain = false WHERE on_chain AND epoch > :kept")
                    .param("kept", change.kept())
                    .update();
        }
        if (!change.joined().isEmpty()) {
            List<String> ids =
                    change.joined().stream().map(link -> link.id().toString()).toList();
            sql.sql("UPDATE epoch SET on_chain = true WHERE record_id IN (:ids)")
                    .param("ids", ids)
                    .update();
            credit(1, ":ids", Map.of("ids", ids));
            foldTrainingLosses(change.joined().get(0));
        }
        return new Step(changed, left.size(), change.missing(), change.more());
    }

    private List<EpochKey> insert(Collection<EpochRecord> heard) {
        Map<String, EpochRecord> fresh = new HashMap<>();
        heard.forEach(record -> fresh.put(record.id().toString(), record));
        if (!fresh.isEmpty()) {
            epochs.findKnown(List.copyOf(fresh.keySet())).forEach(fresh::remove);
        }
        Instant now = clock.instant();
        epochs.saveAllAndFlush(fresh.values().stream()
                .map(record -> new StoredEpoch(record, now))
                .toList());
        return fresh.values().stream()
                .map(record -> new EpochKey(record.generation(), record.epoch()))
                .toList();
    }

    private List<EpochKey> leaving(long kept) {
        return sql.sql("SELECT generation, epoch FROM epoch WHERE on_chain AND epoch > :kept")
                .param("kept", kept)
                .query((row, number) -> new EpochKey(row.getLong("generation"), row.getLong("epoch")))
                .list();
    }

    /** Adds what is credited in records to the totals, or takes it away. */
    private void credit(int sign, String records, Map<String, ?> parameters) {
        sql.sql("""
                        INSERT INTO account_total AS t (account_id, account_name, samples, epochs)
                        SELECT account_id, max(account_name), :sign * sum(samples), :sign * count(DISTINCT record_id)
                        FROM contribution WHERE record_id IN (%s) GROUP BY account_id
                        ON CONFLICT (account_id) DO UPDATE
                        SET account_name = excluded.account_name, samples = t.samples + excluded.samples,
                            epochs = t.epochs + excluded.epochs
                        """.formatted(records)).param("sign", sign).params(parameters).update();
        sql.sql("""
                        INSERT INTO peer_total AS t (peer_id, samples)
                        SELECT peer_id, :sign * sum(samples) FROM contribution WHERE record_id IN (%s) GROUP BY peer_id
                        ON CONFLICT (peer_id) DO UPDATE SET samples = t.samples + excluded.samples
                        """.formatted(records)).param("sign", sign).params(parameters).update();
    }

    private void foldTrainingLosses(Link head) {
        sql.sql("""
                        WITH old AS (
                            DELETE FROM training_loss WHERE (generation, epoch) < (:generation, :epoch)
                            RETURNING generation, epoch, loss)
                        INSERT INTO training_mean (generation, epoch, loss)
                        SELECT generation, epoch, avg(loss) FROM old GROUP BY generation, epoch
                        ON CONFLICT (generation, epoch) DO NOTHING
                        """)
                .param("generation", head.generation())
                .param("epoch", head.epoch() - EPOCHS_SPOKEN_OF)
                .update();
    }

    /** What the accounts have contributed to the chain that counts, the most first. */
    @Transactional(readOnly = true)
    public List<AccountSamples> contributions(int limit) {
        return sql.sql("""
                        SELECT * FROM account_total WHERE epochs > 0 ORDER BY samples DESC, account_id LIMIT :limit
                        """).param("limit", limit).query(ChainStore::account).list();
    }

    /**
     * What certain accounts have contributed to the chain that counts; those that have nothing are left out.
     *
     * @param accounts stable ids, not empty
     */
    @Transactional(readOnly = true)
    public List<AccountSamples> contributionsOf(Collection<String> accounts) {
        return sql.sql("SELECT * FROM account_total WHERE epochs > 0 AND account_id IN (:accounts)")
                .param("accounts", accounts.stream().map(PlainText::of).toList())
                .query(ChainStore::account)
                .list();
    }

    private static AccountSamples account(ResultSet row, int number) throws SQLException {
        return new AccountSamples(
                row.getString("account_id"),
                row.getString("account_name"),
                row.getLong("samples"),
                row.getLong("epochs"));
    }

    /** Samples credited on the chain that counts, by peer id. */
    @Transactional(readOnly = true)
    public Map<String, Long> samplesOf(Collection<String> peers) {
        Map<String, Long> samples = new HashMap<>();
        if (!peers.isEmpty()) {
            sql.sql("SELECT * FROM peer_total WHERE peer_id IN (:peers)")
                    .param("peers", peers)
                    .query(row -> {
                        samples.put(row.getString("peer_id"), row.getLong("samples"));
                    });
        }
        return samples;
    }

    /** The records as the chain looks at them, within the transaction that settles it. */
    private final class StoredLinks implements Chain.Links {
        @Override
        public Optional<Link> find(Digest id) {
            return one("WHERE record_id = :id", Map.of("id", id.toString()));
        }

        @Override
        public Optional<Link> leadingTo(Digest state, long beforeGeneration) {
            return one(
                    "WHERE state_after = :state AND generation < :generation" + HEAVIEST_FIRST,
                    Map.of("state", state.toString(), "generation", beforeGeneration));
        }

        @Override
        public Optional<Link> heaviest() {
            return one(HEAVIEST_FIRST, Map.of());
        }

        @Override
        public Optional<Chain.Origin> origin() {
            return sql.sql("SELECT * FROM rollback ORDER BY generation DESC LIMIT 1")
                    .query((row, number) -> new Chain.Origin(
                            row.getLong("generation"),
                            new StateReference(
                                    row.getLong("epoch"),
                                    row.getLong("samples"),
                                    Digest.parse(row.getString("state_digest")))))
                    .optional();
        }

        @Override
        public Optional<Link> counting(long epoch) {
            return one("WHERE on_chain AND epoch = :epoch", Map.of("epoch", epoch));
        }

        @Override
        public Optional<Link> oldestCounting() {
            return one("WHERE on_chain ORDER BY epoch LIMIT 1", Map.of());
        }

        private static final String HEAVIEST_FIRST =
                " ORDER BY generation DESC, total_samples DESC, record_id COLLATE \"C\" DESC LIMIT 1";

        private Optional<Link> one(String which, Map<String, ?> parameters) {
            return sql.sql("SELECT * FROM epoch " + which)
                    .params(parameters)
                    .query(StoredLinks::link)
                    .optional();
        }

        private static Link link(ResultSet row, int number) throws SQLException {
            return new Link(
                    Digest.parse(row.getString("record_id")),
                    row.getLong("generation"),
                    row.getLong("epoch"),
                    Digest.parse(row.getString("parent")),
                    row.getLong("samples"),
                    row.getLong("total_samples"),
                    Digest.parse(row.getString("state_before")),
                    Digest.parse(row.getString("state_after")));
        }
    }
}
