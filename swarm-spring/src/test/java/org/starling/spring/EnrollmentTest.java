package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.orders.Order;
import org.starling.swarm.wire.Endpoint;

class EnrollmentTest {
    private static final Duration SOON = Duration.ofMillis(1);

    @TempDir
    Path data;

    private SmallAuthService auth;

    @BeforeEach
    void startAuthService() throws IOException {
        auth = new SmallAuthService();
    }

    @AfterEach
    void stopAuthService() {
        auth.close();
    }

    private SwarmMembership join(Role... roles) {
        return join(auth.url(), "hf_secret", Duration.ofSeconds(20), roles);
    }

    private SwarmMembership join(String url, String hubToken, Duration patience, Role... roles) {
        StarlingProperties properties = new StarlingProperties(
                SmallAuthService.RUN,
                new StarlingProperties.Auth(url, hubToken),
                new StarlingProperties.Peer(
                        data,
                        "",
                        List.of("trainer"),
                        1,
                        DataSize.ofBytes(0),
                        DataSize.ofBytes(0),
                        1,
                        List.of("127.0.0.1:9"),
                        null));
        Set<Role> wanted = Set.of(roles);
        try (PeerFolder folder = PeerFolder.open(data)) {
            AuthClient client = new AuthClient(properties, folder.identity(), wanted, InstantSource.system());
            PeerLogin login = new PeerLogin(
                    properties,
                    folder,
                    new LoginClient(properties, folder.identity().id()));
            Enrollment.Pace pace = new Enrollment.Pace(SOON, SOON, patience);
            return new Enrollment(properties, folder, wanted, login, client, InstantSource.system(), pace).join();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String unusedUrl() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }
    }

    @Test
    void joinsWithAProofThatTheAuthServiceAccepts() {
        auth.thenGrant();

        SwarmMembership membership = join(Role.TRAINER, Role.INFERENCE);

        assertThat(auth.logins).singleElement().asString().contains("subject_token=hf_secret", "peer=");
        assertThat(auth.authorizations).containsExactly("Bearer credential-1");
        assertThat(membership.token().accountName()).isEqualTo("ada");
        assertThat(membership.token().peer()).isEqualTo(membership.identity().id());
        assertThat(membership.roles()).containsExactlyInAnyOrder(Role.TRAINER, Role.INFERENCE);
        assertThat(membership.run().targetBatchSize()).isEqualTo(64);
        assertThat(membership.run().averaging().codec()).isEqualTo("blockwise8");
        assertThat(membership.entryPoints())
                .containsExactly(new Endpoint("127.0.0.1:9", null), new Endpoint("127.0.0.1:7070", null));
    }

    @Test
    void waitsForTheModeratorAndForAnAuthServiceThatIsStillStarting() {
        auth.then(503, "{\"detail\": \"starting\"}")
                .then(202, "{\"state\": \"pending\", \"since\": \"2026-11-22T10:00:00Z\", \"message\": \"soon\"}")
                .then(202, "{\"state\": \"pending\", \"since\": \"2026-11-22T10:00:00Z\"}")
                .thenGrant();

        assertThat(join(Role.TRAINER).token().accountName()).isEqualTo("ada");
        assertThat(auth.authorizations).hasSize(4);
    }

    private static final String UNCONFIRMED =
            "{\"state\": \"unconfirmed\", \"since\": \"2026-11-22T10:00:00Z\", \"message\": \"log in\"}";

    @Test
    void showsItsHubTokenAgainWhenTheHubHasToConfirmAMembership() {
        auth.then(202, UNCONFIRMED).thenGrant();

        assertThat(join(Role.TRAINER).token().accountName()).isEqualTo("ada");
        assertThat(auth.authorizations).containsExactly("Bearer credential-1", "Bearer credential-2");
    }

    @Test
    void waitsUntilItsOwnerHasLoggedInAgain() {
        auth.then(202, UNCONFIRMED).then(202, UNCONFIRMED).thenGrant();

        join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER);

        assertThat(auth.authorizations).hasSize(3).containsOnly("Bearer credential-2");
    }

    @Test
    void showsACodeAndWaitsUntilSomebodyHasEnteredIt() {
        auth.thenLoginError("authorization_pending")
                .thenLogin(502, "<html>Bad gateway</html>")
                .thenLoginError("authorization_pending")
                .thenGrant();

        assertThat(join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER)
                        .token()
                        .accountName())
                .isEqualTo("ada");

        assertThat(auth.logins).hasSize(5);
        assertThat(auth.logins.get(0)).contains("run=starling%2Ftest", "peer=", "device_name=Starling");
        assertThat(auth.logins.subList(1, 5))
                .allSatisfy(poll -> assertThat(poll)
                        .contains(
                                "device_code=device-code-1",
                                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired_token", "invalid_grant"})
    void aCodeThatIsOfNoUseAnyMoreIsFollowedByAnother(String error) {
        auth.thenLoginError(error).thenGrant();

        join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER);

        assertThat(auth.logins).hasSize(4);
        assertThat(auth.logins.get(3)).contains("device_code=device-code-3");
    }

    @Test
    void whoeverIsDeniedIsToldSo() {
        auth.thenLoginError("access_denied");

        assertThatThrownBy(() -> join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER))
                .isInstanceOfSatisfying(
                        StartupProblem.class,
                        problem -> assertThat(problem.exitCode()).isEqualTo(StartupProblem.REFUSED))
                .hasMessageContaining("told by the service");
    }

    @Test
    void aRunThatIsNotThereIsAMistakeAndNoRefusal() {
        auth.thenLoginError("invalid_request");

        assertThatThrownBy(() -> join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER))
                .isInstanceOfSatisfying(StartupProblem.class, problem -> {
                    assertThat(problem.remedy()).contains("starling.run");
                    assertThat(problem.exitCode()).isEqualTo(1);
                });
    }

    @Test
    void aHubTokenThatTheHubDoesNotKnowIsToldSoButNeverShown() {
        auth.thenLoginError("invalid_grant");

        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOfSatisfying(StartupProblem.class, problem -> {
                    assertThat(problem.remedy()).contains("HF_TOKEN");
                    assertThat(problem.exitCode()).isEqualTo(1);
                })
                .hasMessageContaining("told by the service")
                .hasMessageNotContaining("hf_secret");
    }

    @Test
    void aRestartNeedsNoLoginAndNoHubToken() throws IOException {
        auth.thenGrant();
        join(Role.TRAINER);

        assertThat(join(auth.url(), "", Duration.ofSeconds(20), Role.TRAINER)
                        .token()
                        .accountName())
                .isEqualTo("ada");

        assertThat(auth.logins).hasSize(1);
        assertThat(auth.authorizations).containsExactly("Bearer credential-1", "Bearer credential-1");
        assertThat(Files.walk(data).filter(Files::isRegularFile))
                .noneMatch(file -> read(file).contains("hf_secret"));
    }

    @Test
    void aRestartWhileAModeratorDecidesGoesOnWaitingWithoutANewRequest() {
        auth.then(202, "{\"state\": \"pending\", \"since\": \"2026-11-22T10:00:00Z\"}")
                .then(403, "{\"title\": \"Refused\", \"detail\": \"not you\"}");
        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOfSatisfying(
                        StartupProblem.class,
                        problem -> assertThat(problem.exitCode()).isEqualTo(StartupProblem.REFUSED));

        auth.thenGrant().skip();
        join(Role.TRAINER);

        assertThat(auth.logins).hasSize(1);
    }

    @Test
    void allOrdersOfARunWithManyAreFetchedPartByPart() {
        for (int number = 1; number <= 5; number++) {
            auth.order(new Order.Pause(SmallAuthService.RUN, number, Instant.ofEpochSecond(number), "for the night"));
        }
        auth.tellOrdersAfter(0);
        auth.thenGrant();

        assertThat(join(Role.TRAINER).orders())
                .extracting(order -> order.order().number())
                .containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void aLoginThatTheServiceHasForgottenIsRepeatedOnce() {
        auth.thenGrant();
        join(Role.TRAINER);
        auth.then(401, "{\"detail\": \"unknown\"}").thenGrant().skip();

        join(Role.TRAINER);

        assertThat(auth.logins).hasSize(2);
        assertThat(auth.authorizations).last().isEqualTo("Bearer credential-2");
    }

    @Test
    void anAuthServiceThatHasAnsweredIsWaitedForForever() {
        auth.then(202, "{\"state\": \"pending\", \"since\": \"2026-11-22T10:00:00Z\"}");
        for (int i = 0; i < 20; i++) {
            auth.then(503, "");
        }
        auth.thenGrant();

        assertThat(join(auth.url(), "hf_secret", Duration.ZERO, Role.TRAINER)
                        .token()
                        .accountName())
                .isEqualTo("ada");
    }

    @Test
    void aRefusalIsToldByTheExitStatusHoweverDeepItIs() {
        StartupProblem refusal = new StartupProblem("no", "ask", StartupProblem.REFUSED);
        assertThat(StartupProblem.exitCodeOf(new IllegalStateException(new IllegalStateException(refusal))))
                .isEqualTo(77);
        assertThat(StartupProblem.exitCodeOf(new IllegalStateException(new StartupProblem("broken", "mend"))))
                .isEqualTo(1);
        assertThat(StartupProblem.exitCodeOf(new IllegalStateException())).isEqualTo(1);
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "401, No, log in anew, 1",
        "403, Banned, moderator, 77",
        "403, Refused, moderator, 77",
        "403, Credential not accepted, clock, 1",
        "403, Role not granted, starling.peer.roles, 1",
        "404, No, starling.run, 1",
        "422, No, configuration, 1",
    })
    void saysWhyItIsRefusedAndWhatToDo(int status, String title, String remedy, int exitCode) {
        auth.then(status, "{\"title\": \"" + title + "\", \"detail\": \"ada was banned yesterday\"}");

        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOfSatisfying(StartupProblem.class, problem -> {
                    assertThat(problem.remedy()).contains(remedy);
                    assertThat(problem.exitCode()).isEqualTo(exitCode);
                })
                .hasMessageContaining("ada was banned yesterday")
                .hasMessageContaining("starling/test")
                .hasMessageNotContaining("hf_secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<html>Welcome!</html> | cannot be used",
                "{} | token",
                "{\"token\": \"x\", \"issuer\": \"i\", \"jwks\": {}} | field 'run' is missing",
                "[] | cannot be used",
                "'' | cannot be used",
            })
    void refusesAnAnswerThatMakesNoSense(String body, String complaint) {
        auth.then(200, body);

        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining(complaint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"task\": \"toy\", \"targetBatchSize\": 0 | targetBatchSize",
                "\"task\": \"toy\" | targetBatchSize",
                "\"task\": \"\", \"targetBatchSize\": 1 | task",
                "\"task\": \"toy\", \"targetBatchSize\": 1, \"averaging\": {\"roundTimeout\": \"PT0S\"} | roundTimeout",
                "\"task\": \"toy\", \"targetBatchSize\": 1, \"batchsize\": 2 | batchsize",
            })
    void refusesARunConfigurationThatCannotBe(String run, String complaint) {
        auth.thenGrant(run, Duration.ofHours(1));

        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void refusesATokenThatHasExpiredOrIsForAnotherPeer() throws IOException {
        auth.thenGrant("\"task\": \"toy\", \"targetBatchSize\": 1", Duration.ofMinutes(-5));

        assertThatThrownBy(() -> join(Role.TRAINER))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining("expired");
    }

    @Test
    void asksAnAuthServiceThatDoesNotAnswerForAWhileOnly() throws IOException {
        String url = unusedUrl();

        assertThatThrownBy(() -> join(url, "hf_secret", Duration.ofMillis(50), Role.TRAINER))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining(url)
                .hasMessageContaining("ConnectException");
    }

    @Test
    void aNameThatDoesNotResolveIsReportedAtOnce() {
        assertThatThrownBy(() -> join("http://no-such-host.invalid", "hf_secret", Duration.ofHours(1), Role.TRAINER))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining("does not resolve");
    }

    @Test
    void startsWithTheLastMembershipWhileTheAuthServiceIsAway() {
        auth.thenGrant();
        PeerId peer = join(Role.TRAINER).identity().id();
        auth.close();

        SwarmMembership again = join(Role.TRAINER);

        assertThat(again.identity().id()).isEqualTo(peer);
        assertThat(again.token().accountName()).isEqualTo("ada");
        assertThat(again.renewalProblem()).isPresent();
    }

    @Test
    void theLastMembershipIsOfNoUseForOtherRolesOrAfterItsEnd() {
        auth.thenGrant("\"task\": \"toy\", \"targetBatchSize\": 1", Duration.ofSeconds(-55))
                .then(503, "");
        join(Role.TRAINER);

        assertThatThrownBy(() -> join(auth.url(), "hf_secret", Duration.ZERO, Role.INFERENCE))
                .isInstanceOf(StartupProblem.class);
    }

    @Test
    void withoutALoginTheLastMembershipHelps() throws IOException {
        auth.thenGrant();
        join(Role.TRAINER);
        Files.delete(data.resolve("credential.json"));

        SwarmMembership again = join(auth.url(), "", Duration.ZERO, Role.TRAINER);

        assertThat(again.token().accountName()).isEqualTo("ada");
        assertThat(again.renewalProblem()).isPresent();
        assertThat(auth.authorizations).hasSize(1);
    }

    @Test
    void keepsSecretsForTheOwnerAlone() throws IOException {
        auth.thenGrant();
        join(Role.TRAINER);

        for (String file : List.of("identity.pem", "membership.json", "credential.json")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(file))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void aFolderServesOneProcessAtATime() throws IOException {
        try (PeerFolder first = PeerFolder.open(data)) {
            assertThat(first.identity()).isNotNull();
            assertThatThrownBy(() -> PeerFolder.open(data))
                    .isInstanceOf(StartupProblem.class)
                    .hasMessageContaining("Another process");
        }
        PeerFolder.open(data).close();
    }

    @Test
    void theAddressesOfOthersOutliveThePeer() throws IOException {
        List<Endpoint> met = List.of(new Endpoint("swan.example.org:7070", null), new Endpoint("[::1]:7071", null));
        try (PeerFolder folder = PeerFolder.open(data)) {
            assertThat(folder.recallAddresses()).isEmpty();
            folder.rememberAddresses(met);
        }

        try (PeerFolder folder = PeerFolder.open(data)) {
            assertThat(folder.recallAddresses()).isEqualTo(met);
            Files.writeString(data.resolve("addresses.txt"), "what is this?");
            assertThat(folder.recallAddresses()).isEmpty();
        }
    }

    @Test
    void aFolderThatCannotBeUsedIsNamed() throws IOException {
        Path file = Files.createFile(data.resolve("file"));

        assertThatThrownBy(() -> PeerFolder.open(file))
                .isInstanceOf(StartupProblem.class)
                .hasMessageContaining(file.toString());
    }
}
