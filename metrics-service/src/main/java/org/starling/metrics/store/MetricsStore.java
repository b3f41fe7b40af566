package org.starling.metrics.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.orders.Order;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Progress;

/**
 * What is kept of the run besides its records, which {@link ChainStore} keeps: small facts of which the last word counts.
 * Safe for use by several threads; each method is one transaction.
 */
@Repository
@Transactional
public class MetricsStore {
    private static final String POINTS = """
            SELECT e.record_id, e.generation, e.epoch, e.on_chain, e.started_at, e.samples, e.total_samples, e.state_after,
                   (SELECT count(*) FROM contribution c WHERE c.record_id = e.record_id) AS members,
                   coalesce(
                     (SELECT m.loss FROM training_mean m WHERE m.generation = e.generation AND m.epoch = e.epoch),
                     (SELECT avg(t.loss) FROM training_loss t
                       WHERE t.generation = e.generation AND t.epoch = e.epoch)) AS training_loss,
                   v.loss AS validation_loss
            FROM epoch e LEFT JOIN evaluation v ON v.generation = e.generation AND v.epoch = e.epoch
            """;
    private static final int MAX_BASELINES = 16;

    private final JdbcClient sql;

    MetricsStore(JdbcClient sql) {
        this.sql = sql;
    }

    /** Keeps what a peer has said of itself, its losses and its validations. */
    public void save(PeerView peer, Reach reach) {
        Progress progress = peer.progress() == null ? Progress.getDefaultInstance() : peer.progress();
        Timestamp at = Timestamp.from(peer.progressAt());
        sql.sql("""
                        INSERT INTO peer (peer_id, account_id, account_name, roles, agent, device, samples_total, samples_lost,
                                          first_seen, last_seen)
                        VALUES (:peer, :account, :name, :roles, :agent, :device, :total, :lost, :at, :at)
                        ON CONFLICT (peer_id) DO UPDATE
                        SET account_name = excluded.account_name, roles = excluded.roles, agent = excluded.agent,
                            device = excluded.device, samples_total = excluded.samples_total,
                            samples_lost = excluded.samples_lost, last_seen = excluded.last_seen
                        WHERE peer.last_seen <= excluded.last_seen
                        """)
                .param("peer", peer.id().toString())
                .param("account", peer.token().accountId())
                .param("name", PlainText.of(peer.token().accountName()))
                .param("roles", rolesOf(peer))
                .param("agent", PlainText.of(peer.record().getAgent()))
                .param("device", PlainText.of(peer.record().getDevice()))
                .param("total", progress.getSamplesTotal())
                .param("lost", progress.getSamplesLost())
                .param("at", at)
                .update();
        if (progress.getTrainingLoss() > 0
                && progress.getEpoch() > 0
                && reach.covers(progress.getGeneration(), progress.getEpoch())) {
            sql.sql("""
                            INSERT INTO training_loss (generation, epoch, peer_id, loss)
                            VALUES (:generation, :epoch, :peer, :loss)
                            ON CONFLICT (generation, epoch, peer_id) DO UPDATE SET loss = excluded.loss
                            """)
                    .param("generation", progress.getGeneration())
                    .param("epoch", progress.getEpoch())
                    .param("peer", peer.id().toString())
                    .param("loss", progress.getTrainingLoss())
                    .update();
        }
        progress.getEvaluationsList().stream()
                .filter(evaluation -> reach.covers(evaluation.getGeneration(), evaluation.getEpoch()))
                .forEach(this::save);
    }

    private void save(Evaluation evaluation) {
        sql.sql("""
                        INSERT INTO evaluation (generation, epoch, loss, samples) VALUES (:generation, :epoch, :loss, :samples)
                        ON CONFLICT (generation, epoch) DO NOTHING
                        """)
                .param("generation", evaluation.getGeneration())
                .param("epoch", evaluation.getEpoch())
                .param("loss", evaluation.getLoss())
                .param("samples", evaluation.getSamples())
                .update();
        evaluation
                .getBaselinesMap()
                .forEach((name, loss) -> sql.sql("""
                                INSERT INTO baseline (name, loss) SELECT :name, :loss
                                WHERE (SELECT count(*) FROM baseline WHERE name <> :name) < :most
                                ON CONFLICT (name) DO UPDATE SET loss = excluded.loss WHERE baseline.loss <> excluded.loss
                                """)
                        .param("name", PlainText.of(name))
                        .param("loss", loss)
                        .param("most", MAX_BASELINES)
                        .update());
    }

    public void save(Order.Rollback order) {
        sql.sql("""
                        INSERT INTO rollback (order_number, generation, epoch, samples, state_digest, ordered_at)
                        VALUES (:number, :generation, :epoch, :samples, :digest, :at) ON CONFLICT DO NOTHING
                        """)
                .param("number", order.number())
                .param("generation", order.generation())
                .param("epoch", order.state().epoch())
                .param("samples", order.state().samples())
                .param("digest", order.state().digest().toString())
                .param("at", Timestamp.from(order.issuedAt()))
                .update();
    }

    /** Replaces the pictures by newer ones. */
    public void savePictures(List<StoredPicture> pictures) {
        sql.sql("DELETE FROM picture").update();
        pictures.forEach(picture -> sql.sql("""
                        INSERT INTO picture (number, generation, epoch, prompt, png)
                        VALUES (:number, :generation, :epoch, :prompt, :png)
                        """)
                .param("number", picture.number())
                .param("generation", picture.generation())
                .param("epoch", picture.epoch())
                .param("prompt", PlainText.of(picture.prompt()))
                .param("png", picture.png())
                .update());
    }

    /** The newest epochs, oldest first. */
    @Transactional(readOnly = true)
    public List<EpochPoint> newestEpochs(int limit) {
        List<EpochPoint> points =
                new ArrayList<>(sql.sql(POINTS + " ORDER BY e.generation DESC, e.epoch DESC, e.record_id LIMIT :limit")
                        .param("limit", limit)
                        .query(MetricsStore::point)
                        .list());
        Collections.reverse(points);
        return points;
    }

    /** The epochs of these numbers, forks included. */
    @Transactional(readOnly = true)
    public List<EpochPoint> epochs(Collection<EpochKey> keys) {
        return keys.stream()
                .flatMap(key -> sql
                        .sql(POINTS + " WHERE e.generation = :generation AND e.epoch = :epoch")
                        .param("generation", key.generation())
                        .param("epoch", key.epoch())
                        .query(MetricsStore::point)
                        .stream())
                .toList();
    }

    @Transactional(readOnly = true)
    public Optional<EvaluationPoint> newestEvaluation() {
        return sql.sql("SELECT * FROM evaluation ORDER BY generation DESC, epoch DESC LIMIT 1")
                .query(MetricsStore::evaluation)
                .optional();
    }

    /** Validations of states that no record is known for, such as the very first. */
    @Transactional(readOnly = true)
    public List<EvaluationPoint> evaluations(int limit) {
        List<EvaluationPoint> points =
                new ArrayList<>(sql.sql("SELECT * FROM evaluation ORDER BY generation DESC, epoch DESC LIMIT :limit")
                        .param("limit", limit)
                        .query(MetricsStore::evaluation)
                        .list());
        Collections.reverse(points);
        return points;
    }

    /** Losses of predictors that learned nothing but frequencies, by name. */
    @Transactional(readOnly = true)
    public Map<String, Double> baselines() {
        Map<String, Double> baselines = new TreeMap<>();
        sql.sql("SELECT name, loss FROM baseline ORDER BY name").query(row -> {
            baselines.put(row.getString("name"), row.getDouble("loss"));
        });
        return baselines;
    }

    @Transactional(readOnly = true)
    public List<RollbackPoint> rollbacks() {
        return sql.sql("SELECT * FROM rollback ORDER BY order_number")
                .query((row, number) -> new RollbackPoint(
                        row.getLong("order_number"),
                        row.getLong("generation"),
                        row.getLong("epoch"),
                        row.getLong("samples"),
                        row.getString("state_digest"),
                        row.getTimestamp("ordered_at").toInstant()))
                .list();
    }

    /** Peers ever seen. */
    @Transactional(readOnly = true)
    public long peersSeen() {
        return sql.sql("SELECT count(*) FROM peer").query(Long.class).single();
    }

    @Transactional(readOnly = true)
    public List<StoredPicture> pictures() {
        return sql.sql("SELECT * FROM picture ORDER BY number")
                .query((row, number) -> new StoredPicture(
                        row.getInt("number"),
                        row.getLong("generation"),
                        row.getLong("epoch"),
                        row.getString("prompt"),
                        row.getBytes("png")))
                .list();
    }

    private static EpochPoint point(ResultSet row, int number) throws SQLException {
        return new EpochPoint(
                row.getString("record_id"),
                row.getLong("generation"),
                row.getLong("epoch"),
                row.getBoolean("on_chain"),
                row.getTimestamp("started_at").toInstant(),
                row.getLong("samples"),
                row.getLong("total_samples"),
                row.getString("state_after"),
                row.getLong("members"),
                number(row, "training_loss"),
                number(row, "validation_loss"));
    }

    private static @Nullable Double number(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    private static EvaluationPoint evaluation(ResultSet row, int number) throws SQLException {
        return new EvaluationPoint(
                row.getLong("generation"), row.getLong("epoch"), row.getDouble("loss"), row.getLong("samples"));
    }

    private static String rolesOf(PeerView peer) {
        return peer.token().roles().stream()
                .map(Role::claim)
                .filter(role -> peer.record().getRolesList().contains(role)
                        || peer.record().getRolesCount() == 0)
                .map(role -> role.toLowerCase(Locale.ROOT))
                .sorted()
                .collect(Collectors.joining(" "));
    }
}
