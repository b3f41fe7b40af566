package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    @TempDir
    private Path folder;

    private final List<StarlingCommand> commands = new ArrayList<>();

    @AfterEach
    void endWhatIsLeft() throws InterruptedException {
        for (StarlingCommand command : commands) {
            command.close();
        }
    }

    @Test
    void trainsStopsAndResumes() throws Exception {
        StarlingCommand demo = start("first", "demo", "--data", data());
        awaitOutput(demo, "Dashboard:", "Epoch ");

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

        demo.requestStop();
        awaitEnd(demo);
        assertThat(demo.output()).contains("Stopped; everything is kept");
        long epoch = status.path("checkpoints").get(0).path("epoch").asLong();
        assertThat(epoch).isPositive();

        StarlingCommand again = start("again", "demo", "--data", data());
        awaitOutput(again, "Epoch ");
        assertThat(status().path("epoch").asLong()).isGreaterThanOrEqualTo(epoch);
        assertThat(run("stop", "stop", "--data", data())).contains("Stopped.");
        awaitEnd(again);
    }

    private JsonNode status() throws IOException, InterruptedException {
        return new JsonMapper().readTree(run("status", "status", "--json", "--data", data()));
    }

    private void awaitEnd(StarlingCommand demo) throws InterruptedException {
        demo.awaitEnd();
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

    private void awaitOutput(StarlingCommand demo, String... texts) {
        try {
            demo.awaitOutput(FIRST_EPOCH, texts);
        } catch (RuntimeException | AssertionError e) {
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
        StarlingCommand command = start(name, arguments);
        command.awaitEnd();
        return command.output();
    }

    private StarlingCommand start(String name, String... arguments) throws IOException {
        StarlingCommand command = new StarlingCommand(folder.resolve(name + ".out"), Map.of(), arguments);
        commands.add(command);
        return command;
    }

    private String data() {
        return folder.resolve("data").toString();
    }
}
