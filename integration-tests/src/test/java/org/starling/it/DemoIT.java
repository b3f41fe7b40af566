package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.starling.launcher.process.EndOfProcess;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command {@code starling} as a person uses it, with the real task. */
@Timeout(600)
class DemoIT {
    private static final Duration FIRST_EPOCH = Duration.ofSeconds(240);
    private static final Duration END = Duration.ofSeconds(75);

    @TempDir
    private Path folder;

    private final List<Process> commands = new ArrayList<>();

    @AfterEach
    void endWhatIsLeft() throws InterruptedException {
        for (Process command : commands) {
            command.destroy();
            if (!command.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
                command.destroyForcibly();
            }
        }
    }

    @Test
    void trainsStopsAndResumes() throws Exception {
        Process demo = start("first", "demo", "--data", data());
        awaitOutput("first", demo, "Dashboard:", "Epoch ");

        await().atMost(FIRST_EPOCH)
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> !status().path("checkpoints").isEmpty());
        JsonNode status = status();
        assertThat(status.path("run").asString()).isEqualTo("murmuration/emoji");
        assertThat(status.path("epoch").asLong()).isPositive();
        assertThat(status.path("peers")).hasSize(5).allSatisfy(peer -> {
            assertThat(peer.path("account").asString()).isNotEmpty();
            assertThat(peer.path("epoch").isNumber()).isTrue();
        });
        assertThat(status.path("services").propertyNames()).contains("hub", "auth", "metrics", "checkpoint");
        assertThat(run("second", "demo", "--data", data()))
                .contains("A demo is already running in " + data() + ": stop it with ./starling stop");

        demo.destroy();
        awaitEnd("first", demo);
        assertThat(output("first")).contains("Stopped; everything is kept");
        long epoch = status.path("checkpoints").get(0).path("epoch").asLong();
        assertThat(epoch).isPositive();

        Process again = start("again", "demo", "--data", data());
        awaitOutput("again", again, "Epoch ");
        assertThat(status().path("epoch").asLong()).isGreaterThanOrEqualTo(epoch);
        assertThat(run("stop", "stop", "--data", data())).contains("Stopped.");
        awaitEnd("again", again);
    }

    private JsonNode status() throws IOException, InterruptedException {
        return new JsonMapper().readTree(run("status", "status", "--json", "--data", data()));
    }

    private void awaitEnd(String name, Process demo) throws InterruptedException {
        assertThat(demo.waitFor(END.toSeconds(), TimeUnit.SECONDS))
                .as("ends in time: %s", output(name))
                .isTrue();
        assertThat(processesOfTheFolder()).isEmpty();
    }

    /** Every process that has the folder on its command line, PostgreSQL's included. */
    private List<String> processesOfTheFolder() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains(data()))
                .toList();
    }

    private void awaitOutput(String name, Process process, String... texts) {
        try {
            await().atMost(FIRST_EPOCH).pollInterval(Duration.ofMillis(300)).until(() -> {
                assertThat(process.isAlive()).as("runs: %s", output(name)).isTrue();
                return Stream.of(texts).allMatch(output(name)::contains);
            });
        } catch (RuntimeException | AssertionError e) {
            System.err.println("---- output\n" + output(name));
            printLogs();
            throw e;
        }
    }

    private void printLogs() {
        try (Stream<Path> logs = Files.list(Path.of(data(), "logs"))) {
            logs.forEach(log -> {
                System.err.println("---- " + log);
                EndOfProcess.lastLines(log, 60).forEach(System.err::println);
            });
        } catch (IOException e) {
            System.err.println("No logs: " + e);
        }
    }

    private String run(String name, String... arguments) throws IOException, InterruptedException {
        Process process = start(name, arguments);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return output(name);
    }

    private Process start(String name, String... arguments) throws IOException {
        Path launcher = SwarmExtension.HOME.resolve("launcher/target");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dstarling.home=" + SwarmExtension.HOME,
                "-Dlogback.configurationFile=launcher-logback.xml",
                "-cp",
                launcher.resolve("launcher.jar") + ":" + launcher.resolve("lib") + "/*",
                "org.starling.launcher.Starling"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".out").toFile())
                .start();
        commands.add(process);
        return process;
    }

    private String output(String name) {
        try {
            return Files.readString(folder.resolve(name + ".out"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private String data() {
        return folder.resolve("data").toString();
    }
}
