package org.starling.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.starling.metrics.collect.Collector;
import org.starling.metrics.gallery.GalleryWatch;
import org.starling.metrics.store.AccountSamples;
import org.starling.metrics.store.ChainStore;
import org.starling.metrics.store.EpochPoint;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.testing.SimulatedSwarm;
import org.starling.metrics.testing.SimulatedSwarm.Share;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.Picture;
import org.starling.swarm.wire.proto.Progress;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service on a real database, watching a swarm that the test plays. The database ends with the class, before its folder. */
@DirtiesContext
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "starling.peer.enabled=false",
            "starling.metrics.refresh=100ms",
            "starling.metrics.gallery-every=1h",
            "starling.metrics.streams=2",
            "spring.jpa.hibernate.ddl-auto=validate",
            "management.endpoints.web.exposure.include=health,prometheus"
        })
class MetricsServiceTest {
    @TempDir
    static Path data;

    @TestConfiguration(proxyBeanMethods = false)
    static class TestSwarm {
        @Bean
        SimulatedSwarm swarm() {
            return new SimulatedSwarm();
        }
    }

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) {
        registry.add("starling.postgres.data", () -> data.resolve("postgres"));
    }

    @LocalServerPort
    int port;

    @Autowired
    SimulatedSwarm live;

    @Autowired
    Collector liveCollector;

    @Autowired
    ChainStore chain;

    @Autowired
    MetricsStore store;

    @Autowired
    JdbcTemplate jdbc;

    @Autowired
    JsonMapper json;

    private final HttpClient http = HttpClient.newHttpClient();
    private final SimulatedSwarm swarm = new SimulatedSwarm();
    private Collector collector;

    @BeforeEach
    void startOver() {
        jdbc.execute("TRUNCATE epoch, contribution, account_total, peer_total, training_loss, training_mean,"
                + " evaluation, baseline, peer, rollback, picture");
        collector = new Collector(swarm, chain, store);
    }

    @Test
    void contributionsCountOnlyOnTheHeaviestFork() {
        EpochRecord first = commit(null, "", new Share("ada", 10), new Share("grace", 20));
        commit(first, " light", new Share("mallory", 30));
        collector.collect();
        assertThat(chain.contributions(10)).extracting(AccountSamples::name).containsExactly("mallory", "grace", "ada");

        commit(first, " heavy", new Share("ada", 31));
        collector.collect();

        assertThat(chain.contributions(10))
                .containsExactly(
                        new AccountSamples("id-ada", "ada", 41, 2), new AccountSamples("id-grace", "grace", 20, 1));
        assertThat(store.newestEpochs(10)).hasSize(3);
    }

    @Test
    void aRollbackTakesBackTheContributionsAfterItsState() {
        EpochRecord first = commit(null, "", new Share("ada", 10));
        commit(first, "", new Share("grace", 20));
        collector.collect();

        collector.rolledBack(swarm.rollBack(1, first));
        collector.collect();
        assertThat(chain.contributions(10)).containsExactly(new AccountSamples("id-ada", "ada", 10, 1));

        collector.recordBecameFinal(swarm.commitAfterRollback(new Share("linus", 5)));
        collector.collect();

        assertThat(chain.contributions(10)).extracting(AccountSamples::name).containsExactly("ada", "linus");
        assertThat(store.newestEpochs(10))
                .extracting(EpochPoint::generation, EpochPoint::epoch, EpochPoint::onChain)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(0L, 1L, true),
                        org.assertj.core.groups.Tuple.tuple(0L, 2L, false),
                        org.assertj.core.groups.Tuple.tuple(1L, 2L, true));

        Collector restarted = new Collector(swarm, chain, store);
        restarted.collect();
        assertThat(chain.contributions(10)).as("after a restart").hasSize(2);
    }

    @Test
    void whatIsUndoneWhileItIsAwayCountsNoLongerWhenItComesBack() {
        EpochRecord second = commit(commit(null, "", new Share("ada", 10)), "", new Share("ada", 10));
        commit(
                commit(commit(second, "", new Share("grace", 20)), "", new Share("grace", 20)),
                "",
                new Share("ada", 20));
        collector.collect();

        Collector restarted = new Collector(swarm, chain, store);
        restarted.rolledBack(swarm.rollBack(1, second));
        restarted.collect();

        assertThat(chain.contributions(10)).containsExactly(new AccountSamples("id-ada", "ada", 20, 2));
        assertThat(store.newestEpochs(10)).filteredOn(point -> !point.onChain()).hasSize(3);
    }

    @Test
    void whatTheDatabaseRefusesIsKeptForTheNextTime() {
        EpochRecord first = commit(null, "", new Share("ada", 10));
        collector.collect();
        commit(first, "", new Share("grace", 20));
        collector.rolledBack(swarm.rollBack(1, first));
        collector.recordBecameFinal(swarm.commitAfterRollback(new Share("linus", 5)));
        for (String table : List.of("rollback", "contribution")) {
            jdbc.execute("ALTER TABLE " + table + " RENAME TO away");
            try {
                assertThatThrownBy(collector::collect).isInstanceOf(DataAccessException.class);
            } finally {
                jdbc.execute("ALTER TABLE away RENAME TO " + table);
            }
        }

        collector.collect();

        assertThat(chain.contributions(10)).extracting(AccountSamples::name).containsExactly("ada", "linus");
        assertThat(store.newestEpochs(10)).hasSize(3);
    }

    @Test
    void trainingLossesOfOldEpochsAreKeptAsTheirMean() {
        EpochRecord last = commit(null, "", new Share("ada", 10));
        collector.peerProgressed(swarm.says("ada", Set.of(Role.TRAINER), "CPU", swarm.atHead(4.0, 10)));
        collector.peerProgressed(swarm.says("grace", Set.of(Role.TRAINER), "CPU", swarm.atHead(5.0, 20)));
        collector.collect();
        for (int i = 0; i < 70; i++) {
            last = commit(last, "", new Share("ada", 1));
        }
        collector.collect();

        assertThat(store.newestEpochs(100).get(0).trainingLoss()).isEqualTo(4.5);
        assertThat(jdbc.queryForObject("SELECT count(*) FROM training_loss", Long.class))
                .isZero();
    }

    @Test
    void whatAPeerSaysOfEpochsToComeOrInCharactersThatControlSpoilsNothing() {
        commit(null, "", new Share("ada", 10));
        collector.peerProgressed(swarm.says(
                "mallory",
                Set.of(Role.TRAINER),
                "C\0P\nU",
                swarm.atHead(4.0, 10)
                        .addEvaluations(SimulatedSwarm.evaluation(Long.MAX_VALUE, 1, 0.1))
                        .addEvaluations(SimulatedSwarm.evaluation(0, 7, 0.1))
                        .addEvaluations(SimulatedSwarm.evaluation(0, 1, 4.4).toBuilder()
                                .putBaselines("\0best", 0.1)
                                .build())));
        collector.collect();

        assertThat(store.evaluations(10)).singleElement().satisfies(point -> {
            assertThat(point.epoch()).isEqualTo(1);
            assertThat(point.loss()).isEqualTo(4.4);
        });
        assertThat(store.baselines()).containsKeys("best", "frequency");
        assertThat(jdbc.queryForObject("SELECT device FROM peer", String.class)).isEqualTo("CPU");
    }

    @Test
    void epochsFromBeforeItCameAreFetched() {
        EpochRecord last = null;
        for (int i = 0; i < 700; i++) {
            last = swarm.commit(last, "", new Share("ada", 1));
        }
        collector.recordBecameFinal(java.util.Objects.requireNonNull(last));
        collector.collect();
        await().untilAsserted(() -> {
            collector.collect();
            assertThat(chain.contributions(10)).containsExactly(new AccountSamples("id-ada", "ada", 700, 700));
        });
    }

    @Test
    void lossesAndValidationsBelongToTheirEpoch() {
        commit(null, "", new Share("ada", 10), new Share("grace", 10));
        collector.peerProgressed(swarm.says("ada", Set.of(Role.TRAINER), "CPU", swarm.atHead(4.0, 10)));
        collector.peerProgressed(swarm.says(
                "grace",
                Set.of(Role.TRAINER),
                "CPU",
                swarm.atHead(5.0, 20).addEvaluations(SimulatedSwarm.evaluation(0, 1, 4.4))));
        collector.collect();

        assertThat(store.newestEpochs(1)).singleElement().satisfies(point -> {
            assertThat(point.trainingLoss()).isEqualTo(4.5);
            assertThat(point.validationLoss()).isEqualTo(4.4);
            assertThat(point.members()).isEqualTo(2);
        });
        assertThat(store.baselines()).containsEntry("frequency", 5.21).containsEntry("position", 4.62);
        assertThat(store.peersSeen()).isEqualTo(2);
    }

    @Test
    void onlyWellFormedPicturesAreKept() {
        swarm.says("grace", Set.of(Role.TRAINER, Role.INFERENCE), "", Progress.newBuilder());
        GalleryWatch gallery = new GalleryWatch(swarm, store);
        swarm.offer(Gallery.newBuilder()
                .setEpoch(5)
                .addPictures(
                        Picture.newBuilder().setPrompt("evil").setPng(ByteString.copyFromUtf8("<svg onload=alert(1)>")))
                .addPictures(Picture.newBuilder()
                        .setPrompt("a red heart")
                        .setPng(ByteString.copyFrom(SimulatedSwarm.picture(1))))
                .build());

        assertThat(gallery.look()).isTrue();
        assertThat(gallery.look()).as("nothing new").isFalse();
        assertThat(store.pictures()).singleElement().satisfies(picture -> {
            assertThat(picture.prompt()).isEqualTo("a red heart");
            assertThat(picture.png()).isEqualTo(SimulatedSwarm.picture(1));
        });
    }

    @Test
    void thePageLoadsNothingFromElsewhereAndRunsNothingInline() throws Exception {
        HttpResponse<String> page = get("/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type"))
                .hasValueSatisfying(t -> assertThat(t).startsWith("text/html"));
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'", "script-src 'self'")
                        .doesNotContain("unsafe"));
        assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(page.body()).doesNotContain("http://", "https://", "style=", "onclick", "<script>");
        for (String asset : List.of("/dashboard.js", "/dashboard.css", "/icon.svg")) {
            assertThat(get(asset).statusCode()).isEqualTo(200);
        }
        assertThat(get("/dashboard.js").body()).doesNotContain("innerHTML", "eval(");
    }

    @Test
    void figuresAndPicturesAreServed() throws Exception {
        EpochRecord record = live.commit(null, " served", new Share("ada", 64));
        liveCollector.recordBecameFinal(record);
        live.says("ada", Set.of(Role.TRAINER), "CPU", live.atHead(3.5, 12.5));
        store.savePictures(List.of(
                new org.starling.metrics.store.StoredPicture(0, 0, 1, "a <b>heart</b>", SimulatedSwarm.picture(3))));
        await().until(() -> !chain.contributions(1).isEmpty());

        JsonNode summary = body(get("/api/v1/summary"));
        assertThat(summary.path("run").asString()).isEqualTo("birds/emoji");
        assertThat(summary.path("stateDigest").asString())
                .isEqualTo(record.stateAfter().toString());
        assertThat(summary.path("samplesPerSecond").asDouble()).isEqualTo(12.5);
        JsonNode peer = body(get("/api/v1/peers")).path(0);
        assertThat(peer.path("account").asString()).isEqualTo("ada");
        assertThat(peer.path("synced").asBoolean()).isTrue();
        assertThat(body(get("/api/v1/epochs"))
                        .path("epochs")
                        .path(0)
                        .path("samples")
                        .asLong())
                .isEqualTo(64);
        assertThat(body(get("/api/v1/contributions")).path(0).path("samples").asLong())
                .isEqualTo(64);
        assertThat(body(get("/api/v1/contributions?account=id-ada&account=id-nobody")))
                .singleElement()
                .satisfies(ada -> assertThat(ada.path("samples").asLong()).isEqualTo(64));
        assertThat(body(get("/api/v1/contributions?account=id-nobody"))).isEmpty();
        String url = body(get("/api/v1/gallery")).path(0).path("url").asString();
        assertThat(get(url).headers().firstValue("Content-Type")).hasValue("image/png");
        assertProblem(get("/api/v1/gallery/99.png"), 404);
        assertProblem(get("/api/v1/epochs?limit=0"), 400);
        await().untilAsserted(() -> assertThat(get("/actuator/prometheus").body())
                .contains("starling_run_epoch", "starling_run_account_samples{account=\"ada\""));
    }

    @Test
    void newsReachesAWatchingBrowserAndNotMoreWatchThanMay() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        List<Stream<String>> streams = new ArrayList<>();
        try {
            HttpResponse<Stream<String>> stream = open();
            streams.add(stream.body());
            assertThat(stream.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(t -> assertThat(t).startsWith("text/event-stream"));
            Thread reader = new Thread(() -> {
                try {
                    stream.body().forEach(lines::add);
                } catch (RuntimeException closed) {
                    // the test is over
                }
            });
            reader.setDaemon(true);
            reader.start();
            assertThat(next(lines, "\"summary\"")).contains("birds/emoji");

            EpochRecord record = live.commit(null, " live", new Share("ada", 99));
            liveCollector.recordBecameFinal(record);
            assertThat(next(lines, record.id().toString())).contains("\"samples\":99");

            HttpResponse<Stream<String>> second = open();
            streams.add(second.body());
            assertThat(second.statusCode()).isEqualTo(200);
            HttpResponse<Stream<String>> third = open();
            streams.add(third.body());
            assertThat(third.statusCode()).isEqualTo(503);
        } finally {
            streams.forEach(Stream::close);
        }
    }

    private static String next(BlockingQueue<String> lines, String containing) throws InterruptedException {
        for (; ; ) {
            String line = lines.poll(20, TimeUnit.SECONDS);
            assertThat(line).as("a line with " + containing).isNotNull();
            if (line.contains(containing)) {
                return line;
            }
        }
    }

    private HttpResponse<Stream<String>> open() throws Exception {
        return http.send(HttpRequest.newBuilder(address("/api/v1/stream")).build(), BodyHandlers.ofLines());
    }

    private EpochRecord commit(@org.jspecify.annotations.Nullable EpochRecord parent, String fork, Share... shares) {
        EpochRecord record = swarm.commit(parent, fork, shares);
        collector.recordBecameFinal(record);
        return record;
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(HttpRequest.newBuilder(address(path)).build(), BodyHandlers.ofString());
    }

    private URI address(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private JsonNode body(HttpResponse<String> response) {
        return json.readTree(response.body());
    }

    private static void assertProblem(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    }
}
