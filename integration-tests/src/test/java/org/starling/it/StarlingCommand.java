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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command {@code starling} as a process, with what it prints. */
final class StarlingCommand implements AutoCloseable {
    private static final Duration END = Duration.ofSeconds(75);

    private final Path output;
    private final Process process;

    /**
     * Starts it.
     *
     * @param output file that gets what it prints
     * @param environment more variables
     */
    StarlingCommand(Path output, Map<String, String> environment, String... arguments) throws IOException {
        this.output = output;
        Path launcher = SwarmExtension.HOME.resolve("launcher/target");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dstarling.home=" + SwarmExtension.HOME,
                "-Dlogback.configurationFile=launcher-logback.xml",
                "-cp",
                launcher.resolve("launcher.jar") + ":" + launcher.resolve("lib") + "/*",
                "org.starling.launcher.Starling"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().remove("HF_TOKEN");
        builder.environment().putAll(environment);
        this.process = builder.start();
    }

    /** What it has printed so far. */
    String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** Waits until it has printed all of these. */
    void awaitOutput(Duration patience, String... texts) {
        await().atMost(patience).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            assertThat(output()).contains(texts);
            assertThat(process.isAlive() || Stream.of(texts).allMatch(output()::contains))
                    .as("runs: %s", output())
                    .isTrue();
        });
    }

    /** Tells it to stop, as Ctrl-C does. */
    void requestStop() {
        process.destroy();
    }

    /** Waits for its end; returns its exit status. */
    int awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(END.toSeconds(), TimeUnit.SECONDS))
                .as("ends in time: %s", output())
                .isTrue();
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
