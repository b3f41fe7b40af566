package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.SuiteSettings.RunSettings;
import tools.jackson.databind.JsonNode;

/** How people get in and out of a run: with browsers, and with the command of a volunteer's machine. */
@Timeout(600)
class StoryIT {
    private static final String RUN = "murmuration/rings";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Account VOLUNTEER = Account.VOLUNTEERS.get(4);
    private static final Account OTHER = Account.VOLUNTEERS.get(5);

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

    @TempDir
    private Path folder;

    @Test
    void aVolunteerLogsInAsksIsApprovedTrainsIsBannedIsGoneAndReturns() throws Exception {
        try (StarlingCommand machine = join("machine", Map.of());
                Browser volunteer = new Browser();
                Browser moderator = new Browser()) {
            machine.awaitOutput(PATIENCE, "or open", "The page must show this key:");
            String shown = machine.output();

            volunteer.open(URI.create(find(shown, "or open +(http\\S+)")));
            volunteer.click("Log in with Hugging Face").click(VOLUNTEER.name()).awaitText("Is this your machine?");
            assertThat(volunteer.text())
                    .contains(RUN, VOLUNTEER.name(), find(shown, "enter +(\\S+)"), find(shown, "(\\b[0-9a-f]{64}\\b)"));
            volunteer.click("Yes, this is my machine").awaitText("The machine is connected");
            assertThat(volunteer.text()).contains("A moderator has to approve you");
            machine.awaitOutput(PATIENCE, "Logged in as " + VOLUNTEER.name(), "Waiting for a moderator of " + RUN);

            moderator
                    .open(page("/requests"))
                    .click(Account.MODERATOR.name())
                    .clickInCardOf(VOLUNTEER.name(), "Approve")
                    .awaitText(VOLUNTEER.name() + " may take part.");
            machine.awaitOutput(PATIENCE, "Joined " + RUN);
            awaitTraining(VOLUNTEER);
            volunteer.open(page("")).awaitText("You may take part");

            moderator
                    .open(page("/accounts"))
                    .click(VOLUNTEER.name())
                    .click("Ban the account")
                    .type("reason", "Sends noise")
                    .click("Ban them")
                    .awaitText(VOLUNTEER.name() + " is banned.");
            long banned = System.nanoTime();
            patiently().until(() -> peersThatKnow(VOLUNTEER).isEmpty());
            System.out.printf("Gone from every peer %.1f s after the ban%n", (System.nanoTime() - banned) / 1e9);
            machine.awaitOutput(PATIENCE, "Sends noise");

            moderator
                    .open(page("/bans"))
                    .click("Lift")
                    .type("lift" + banOf(VOLUNTEER), "It was a broken cable")
                    .click("Lift the ban")
                    .awaitText("The ban of " + VOLUNTEER.name() + " is lifted.");
            machine.awaitOutput(PATIENCE, "It was a broken cable");
            awaitTraining(VOLUNTEER);

            machine.requestStop();
            machine.awaitEnd();
            assertThat(machine.output()).contains("Stopped.").doesNotContain("FAILED", "Exception");
        }
        aRestartAsksNobody();
    }

    private void aRestartAsksNobody() throws Exception {
        try (StarlingCommand again = join("machine", Map.of())) {
            again.awaitOutput(PATIENCE, "Joined " + RUN);
            assertThat(again.output()).doesNotContain("enter", "Logged in", "Waiting");
            awaitTraining(VOLUNTEER);
        }
    }

    @Test
    void aTokenInTheEnvironmentIsNotKeptAndARefusalIsRead() throws Exception {
        String token = swarm.suite().hubToken(OTHER);
        try (StarlingCommand machine = join("other", Map.of("HF_TOKEN", token))) {
            machine.awaitOutput(
                    PATIENCE, "Logged in as " + OTHER.name(), "Waiting for a moderator of " + RUN + " since less than");
            machine.requestStop();
            machine.awaitEnd();
            assertThat(machine.output()).contains("Stopped.").doesNotContain(token, "Exception");
        }
        try (StarlingCommand machine = join("other", Map.of());
                Browser moderator = new Browser()) {
            machine.awaitOutput(PATIENCE, "Waiting for a moderator of " + RUN);
            assertThat(machine.output()).doesNotContain("Logged in", "enter");
            moderator
                    .open(page("/requests"))
                    .click(Account.MODERATOR.name())
                    .clickInCardOf(OTHER.name(), "Refuse")
                    .type("reason" + requestOf(OTHER), "We know too little of you yet")
                    .click("Refuse them")
                    .awaitText(OTHER.name() + " was refused");

            assertThat(machine.awaitEnd()).isEqualTo(77);
            assertThat(machine.output())
                    .contains("We know too little of you yet", "Ask a moderator")
                    .doesNotContain("APPLICATION FAILED");
        }
        try (Stream<Path> files = Files.walk(folder.resolve("other"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .filter(file -> !file.toString().endsWith(".jar")))
                    .isNotEmpty()
                    .allSatisfy(file ->
                            assertThat(Files.readAllBytes(file)).asString().doesNotContain(token));
        }
    }

    private StarlingCommand join(String name, Map<String, String> environment) throws IOException {
        return new StarlingCommand(
                folder.resolve(name + ".out"),
                environment,
                "join",
                swarm.suite().auth().toString(),
                "--data",
                folder.resolve(name).toString(),
                "--threads",
                "1");
    }

    private static URI page(String path) {
        return URI.create(swarm.suite().auth() + "/runs/" + RUN + path);
    }

    private static long requestOf(Account account) throws Exception {
        JsonNode requests = Rest.get(
                        swarm.suite().auth().resolve("/api/v1/runs/" + RUN + "/join-requests"),
                        swarm.suite().hubToken(Account.MODERATOR))
                .orThrow();
        return StreamSupport.stream(requests.spliterator(), false)
                .filter(each -> each.path("account").asString().equals(account.name()))
                .mapToLong(each -> each.path("id").asLong())
                .findFirst()
                .orElseThrow();
    }

    private static long banOf(Account account) throws Exception {
        JsonNode bans = Rest.get(
                        swarm.suite().auth().resolve("/api/v1/runs/" + RUN + "/bans"),
                        swarm.suite().hubToken(Account.MODERATOR))
                .orThrow();
        return StreamSupport.stream(bans.spliterator(), false)
                .filter(each -> each.path("account").asString("").equals(account.name()))
                .mapToLong(each -> each.path("id").asLong())
                .findFirst()
                .orElseThrow();
    }

    /** Waits until another peer has seen samples of the account. */
    private static void awaitTraining(Account account) {
        patiently().until(() -> samples(account) > 0);
    }

    /** The samples of the account's peer since it started, as the metrics service knows it; 0 if it knows none. */
    private static long samples(Account account) throws IOException, InterruptedException {
        return peersAt(swarm.suite().metrics())
                .filter(peer -> peer.path("account").asString().equals(account.name()))
                .mapToLong(peer -> peer.path("samplesTotal").asLong())
                .max()
                .orElse(0);
    }

    /** The suite's peers that have a peer of the account in their view. */
    private static List<String> peersThatKnow(Account account) throws IOException, InterruptedException {
        List<String> knowing = new ArrayList<>();
        for (Map.Entry<String, URI> peer : swarm.suite().addresses().peers().entrySet()) {
            if (peersAt(peer.getValue())
                    .anyMatch(other -> other.path("account").asString().equals(account.name()))) {
                knowing.add(peer.getKey());
            }
        }
        return knowing;
    }

    private static Stream<JsonNode> peersAt(URI address) throws IOException, InterruptedException {
        return StreamSupport.stream(
                Rest.get(address.resolve("/api/v1/peer/status"))
                        .orThrow()
                        .path("peers")
                        .spliterator(),
                false);
    }

    private static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200));
    }
}
