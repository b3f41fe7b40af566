package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starling.it.Observer.Position;
import org.starling.it.Volunteer.Membership;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.SuiteSettings.RunSettings;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;
import tools.jackson.databind.JsonNode;

/** A new signing key on its way from an operator to trainers that are running, and the end of the old one. */
@Timeout(400)
class KeyRotationIT {
    private static final String RUN = "murmuration/rings";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    @RegisterExtension
    static final SwarmExtension swarm = new SwarmExtension(
            new RunSettings(
                    RUN,
                    "Which ring does a point lie in?",
                    "toy",
                    Map.of(),
                    48,
                    Map.of("matchmaking-window", "2s", "round-timeout", "20s", "part-timeout", "3s"),
                    Map.of("heartbeat", "1s", "lifetime", "4s"),
                    100),
            2,
            Map.of("trainer", Map.of("starling.peer.max-samples-per-second", "8")));

    private final Volunteer volunteer = new Volunteer(swarm.suite(), Account.VOLUNTEERS.get(5));

    @Test
    void aNewKeyReachesRunningPeersAndARevokedOneCountsNoMore() throws Exception {
        List<String> trainers =
                swarm.suite().trainers().stream().map(trainer -> trainer.name()).toList();
        awaitAgreement(trainers);
        Membership first = volunteer.join(RUN);
        patiently().until(() -> refusal(first, first).isEmpty());
        String oldKey = keys().get(0).path("keyId").asString();

        Rest.post(keysAddress(""), swarm.suite().hubToken(Account.MODERATOR), Map.of())
                .orThrow();
        Membership second = volunteer.join(RUN);
        patiently()
                .untilAsserted(() -> assertThat(refusal(second, second))
                        .as("a token that the new key has signed")
                        .isEmpty());
        assertThat(refusal(second, first)).as("a token of the retired key").isEmpty();

        Rest.post(
                        keysAddress("/" + oldKey + "/revoke"),
                        swarm.suite().hubToken(Account.MODERATOR),
                        Map.of("reason", "It was in a backup that was lost"))
                .orThrow();
        patiently()
                .untilAsserted(() -> assertThat(refusal(second, first))
                        .as("a token of the revoked key")
                        .hasValueSatisfying(reason -> assertThat(reason).contains("UNKNOWN_KEY")));
        patiently().untilAsserted(() -> assertThat(refusal(second, second)).isEmpty());
        // Both trainers had tokens of the revoked key, good for a day.
        awaitAgreement(trainers);
        assertThat(swarm.unexpectedEnds()).isEmpty();
    }

    /** Why a trainer does not talk to the volunteer with the token; empty if it does. */
    private Optional<String> refusal(Membership verifying, Membership shown) throws Exception {
        AccessToken token = shown.accessToken();
        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport = new GrpcTransport(
                        new Credentials(volunteer.identity(), verifying.verifier(), token), scheduler)) {
            transport
                    .call(trainer(), SwarmGrpc.getGossipMethod(), GossipRequest.getDefaultInstance(), DEADLINE)
                    .get(2 * DEADLINE.toSeconds(), TimeUnit.SECONDS);
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.of(String.valueOf(e.getCause().getMessage()));
        }
    }

    /** Where other peers reach the first trainer, as the metrics service knows it. */
    private static Endpoint trainer() throws Exception {
        String account = swarm.suite().trainers().get(0).name();
        for (JsonNode peer : Rest.get(swarm.suite().metrics().resolve("/api/v1/peer/status"))
                .orThrow()
                .path("peers")) {
            if (peer.path("account").asString().equals(account)) {
                return new Endpoint(peer.path("address").asString(), null);
            }
        }
        throw new ExecutionException(new IllegalStateException("the metrics service does not know " + account));
    }

    private static JsonNode keys() throws Exception {
        return Rest.get(keysAddress(""), swarm.suite().hubToken(Account.MODERATOR))
                .orThrow();
    }

    private static URI keysAddress(String path) {
        return swarm.suite().auth().resolve("/api/v1/authority/keys" + path);
    }

    /** Waits until all of these have been in one state at the epoch after next. */
    private static void awaitAgreement(List<String> trainers) {
        Position now =
                new Position(swarm.observer().generation(), swarm.observer().epoch() + 1);
        patiently()
                .untilAsserted(() -> assertThat(swarm.observer().agreement(trainers, now))
                        .as("an epoch after %s at which %s agree", now, trainers)
                        .isPresent());
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200));
    }
}
