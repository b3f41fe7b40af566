package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starling.it.Volunteer.Membership;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.SuiteSettings.RunSettings;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;
import tools.jackson.databind.JsonNode;

/** Who gets into a run, and with what one does not, over real connections to a trainer. */
@Timeout(400)
class AdmissionIT {
    private static final String RUN = "murmuration/rings";
    private static final String OTHER_RUN = "murmuration/squares";
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    /** Peers allow each other's clocks to differ by so much. */
    private static final Duration CLOCK_SKEW = Duration.ofSeconds(60);

    @RegisterExtension
    static final SwarmExtension swarm = new SwarmExtension(
            new RunSettings(RUN, "Which ring does a point lie in?", "toy", Map.of(), 48, Map.of(), Map.of(), 100),
            1,
            Map.of(
                    "auth",
                            Map.of(
                                    "starling.auth.token-lifetime", "1m",
                                    "starling.auth.runs[1].name", OTHER_RUN,
                                    "starling.auth.runs[1].task", "toy",
                                    "starling.auth.runs[1].target-batch-size", "48",
                                    "starling.auth.runs[1].moderators[0]", Account.MODERATOR.name()),
                    "trainer", Map.of("starling.peer.max-samples-per-second", "8")));

    private static Volunteer volunteer;
    private static Membership membership;

    private static AccessToken firstToken;
    private static Endpoint trainer;

    @BeforeAll
    static void joinAsEveryPeerDoes() throws Exception {
        volunteer = new Volunteer(swarm.suite(), Account.VOLUNTEERS.get(5));
        assertThat(volunteer.ask(RUN).status())
                .as("before a moderator has decided")
                .isEqualTo(202);
        membership = volunteer.join(RUN);
        firstToken = membership.accessToken();
        String account = swarm.suite().trainers().get(0).name();
        await().atMost(Duration.ofSeconds(90)).until(() -> {
            trainer = findAddress(account);
            return trainer != null;
        });
    }

    @Test
    void aMemberIsAnswered() throws Exception {
        // The first token may have expired while other tests ran.
        Membership current = volunteer.join(RUN);

        assertThat(call(volunteer.identity(), current.accessToken())).isNotNull();
    }

    @Test
    void noToken() {
        assertThat(refusal(volunteer.identity(), withToken(firstToken, ""))).contains("MALFORMED_TOKEN");
    }

    @Test
    void aTokenThatNobodySigned() {
        String token = firstToken.compact();
        String forged = token.substring(0, token.lastIndexOf('.') + 1)
                + new StringBuilder(token.substring(token.lastIndexOf('.') + 1)).reverse();

        assertThat(refusal(volunteer.identity(), withToken(firstToken, forged))).contains("BAD_SIGNATURE");
    }

    @Test
    void anotherPeersToken() {
        assertThat(refusal(PeerIdentity.create(), firstToken)).contains("WRONG_CERTIFICATE");
    }

    @Test
    void aTokenOfAnotherRun() throws Exception {
        Membership other = volunteer.join(OTHER_RUN);

        assertThat(refusal(volunteer.identity(), other.accessToken()))
                .contains("WRONG_RUN", "murmuration/squares", RUN);
    }

    @Test
    void anExpiredToken() {
        AccessToken token = firstToken;
        await().atMost(Duration.ofMinutes(3))
                .until(() ->
                        Instant.now().isAfter(token.expiresAt().plus(CLOCK_SKEW).plusSeconds(1)));

        assertThat(refusal(volunteer.identity(), token)).contains("TOKEN_EXPIRED", "ask for a new one");
    }

    /** A call to the trainer over mutual TLS with this identity, after showing this token. */
    private static GossipReply call(PeerIdentity identity, AccessToken token) throws Exception {
        try (ThreadScheduler scheduler = new ThreadScheduler(1);
                GrpcTransport transport =
                        new GrpcTransport(new Credentials(identity, membership.verifier(), token), scheduler)) {
            return transport
                    .call(trainer, SwarmGrpc.getGossipMethod(), GossipRequest.getDefaultInstance(), DEADLINE)
                    .get(2 * DEADLINE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** The reason with which the trainer refuses the call. */
    private static String refusal(PeerIdentity identity, AccessToken token) {
        Throwable failure = catchThrowable(() -> call(identity, token));
        assertThat(failure)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RefusalException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(RefusalException.Reason.NOT_AUTHENTICATED));
        return String.valueOf(failure.getCause().getMessage());
    }

    private static AccessToken withToken(AccessToken token, String compact) {
        return new AccessToken(
                compact,
                token.tokenId(),
                token.run(),
                token.accountId(),
                token.accountName(),
                token.roles(),
                token.certificateThumbprint(),
                token.peer(),
                token.issuedAt(),
                token.expiresAt());
    }

    /** Where other peers reach the account's peer, as the metrics service knows it. */
    private static @Nullable Endpoint findAddress(String account) throws Exception {
        Rest.Answer status = Rest.get(swarm.suite().metrics().resolve("/api/v1/peer/status"));
        for (JsonNode peer : status.body().path("peers")) {
            if (peer.path("account").asString().equals(account)) {
                return new Endpoint(peer.path("address").asString(), null);
            }
        }
        return null;
    }
}
