package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starling.it.Observer.Position;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.SuiteSettings.RunSettings;
import tools.jackson.databind.JsonNode;

/** A swarm from its first epoch to a rollback, with a late joiner, a killed trainer and an absent auth service. */
@Timeout(600)
class SwarmIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Epochs of about two seconds, so that they can be watched. */
    @RegisterExtension
    static final SwarmExtension swarm = new SwarmExtension(
            new RunSettings(
                    "murmuration/rings",
                    "Which ring does a point lie in?",
                    "toy",
                    Map.of(),
                    48,
                    Map.of("matchmaking-window", "2s", "round-timeout", "20s", "part-timeout", "3s"),
                    Map.of("heartbeat", "1s", "lifetime", "4s"),
                    4),
            3,
            Map.of("trainer", Map.of("starling.peer.max-samples-per-second", "8")));

    private final Set<String> trainers = new HashSet<>();

    @Test
    void aSwarmSurvivesWhatHappensToIt() throws Exception {
        swarm.suite().trainers().forEach(trainer -> trainers.add(trainer.name()));
        assertThat(trainers).hasSize(3);

        threeTrainersAgree();
        aFourthJoinsLateAndReachesTheSameState();
        oneIsKilledInTheMiddleOfARoundAndTheOthersGoOn();
        theAuthServiceIsAwayAndTrainingGoesOn();
        everyPeerGoesBackToACheckpoint();
        awaitAgreement(trainers, 2);

        assertThat(swarm.unexpectedEnds()).isEmpty();
    }

    private void threeTrainersAgree() {
        awaitAgreement(trainers, 2);
    }

    private void aFourthJoinsLateAndReachesTheSameState() throws IOException {
        Account late = Account.VOLUNTEERS.get(3);
        swarm.suite().startTrainer(late, false);
        trainers.add(late.name());

        awaitAgreement(trainers, 1);
    }

    private void oneIsKilledInTheMiddleOfARoundAndTheOthersGoOn() throws Exception {
        ServiceProcess victim = swarm.suite().trainers().get(1);
        Set<String> others = new HashSet<>(trainers);
        others.remove(victim.name());
        String peer = ownStatus(victim.name()).path("peer").asString();
        patiently().pollInterval(Duration.ofMillis(1)).until(() -> {
            String phase = ownStatus(victim.name()).path("phase").asString();
            return phase.equals("AVERAGING") || phase.equals("MEETING");
        });
        victim.kill();

        awaitAgreement(others, 2);
        patiently().untilAsserted(() -> {
            for (String other : others) {
                assertThat(ownStatus(other).path("peers").toString()).doesNotContain(peer);
            }
        });

        victim.start();
        awaitAgreement(trainers, 1);
    }

    private void theAuthServiceIsAwayAndTrainingGoesOn() throws Exception {
        ServiceProcess auth = swarm.suite().process("auth");
        auth.stop(Duration.ofSeconds(15));
        assertThat(auth.isAlive()).isFalse();

        awaitAgreement(trainers, 3);

        assertThat(auth.isAlive()).isFalse();
        auth.start();
        auth.awaitReady(PATIENCE);
        awaitAgreement(trainers, 1);
    }

    private void everyPeerGoesBackToACheckpoint() throws Exception {
        patiently().until(() -> !checkpoints().isEmpty());
        JsonNode checkpoint = checkpoints().get(0);
        long generation = swarm.observer().generation();
        Position restored =
                new Position(generation + 1, checkpoint.path("epoch").asLong());
        patiently().until(() -> swarm.observer().epoch() > restored.epoch());

        Rest.Answer forbidden = order(checkpoint, swarm.suite().hubToken(Account.VOLUNTEERS.get(0)));
        Rest.Answer ordered = order(checkpoint, swarm.suite().hubToken(Account.MODERATOR));

        assertThat(forbidden.status()).isEqualTo(403);
        assertThat(ordered.status()).as("%s", ordered).isEqualTo(202);
        String digest = checkpoint.path("stateDigest").asString();
        patiently()
                .untilAsserted(() ->
                        assertThat(swarm.observer().seenWith(restored, digest)).isEqualTo(trainers));
    }

    private static Rest.Answer order(JsonNode checkpoint, String token) throws IOException, InterruptedException {
        return Rest.post(
                swarm.suite().checkpoint().resolve("/api/v1/admin/rollback"),
                token,
                Map.of("checkpoint", checkpoint.path("id").asLong()));
    }

    /** Newest first. */
    private static List<JsonNode> checkpoints() throws IOException, InterruptedException {
        JsonNode list = Rest.get(swarm.suite().checkpoint().resolve("/api/v1/checkpoints"))
                .orThrow();
        return StreamSupport.stream(list.spliterator(), false).toList();
    }

    /** Waits until all of these were seen with one digest at an epoch that is so many after the present one. */
    private static void awaitAgreement(Collection<String> trainers, int epochs) {
        Position now =
                new Position(swarm.observer().generation(), swarm.observer().epoch() + epochs - 1);
        patiently()
                .untilAsserted(() -> assertThat(swarm.observer().agreement(trainers, now))
                        .as("an epoch after %s at which %s agree", now, trainers)
                        .isPresent());
    }

    private static JsonNode ownStatus(String trainer) throws IOException, InterruptedException {
        return Rest.get(swarm.suite().addresses().peers().get(trainer).resolve("/api/v1/peer/status"))
                .orThrow();
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100));
    }
}
