package org.starling.launcher.process;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private int port;
    private final List<ServiceProcess> endedUnexpectedly = new CopyOnWriteArrayList<>();
    private ServiceProcess service;

    @BeforeEach
    void start() throws Exception {
        port = Ports.findFree(1).get(0);
        service = service(Map.of("port", String.valueOf(port), "password", "secret"));
        service.start();
    }

    @AfterEach
    void stop() throws Exception {
        service.kill();
    }

    @Test
    void becomesReadyAndEndsInOrder() throws Exception {
        service.awaitReady(PATIENCE);
        service.stop(PATIENCE);

        assertThat(service.isAlive()).isFalse();
        assertThat(service.log()).content().contains("ends in order");
        assertThat(endedUnexpectedly).isEmpty();
    }

    @Test
    void secretsAreInAFileForTheOwnerAlone() throws Exception {
        Path file = folder.resolve("config/service.properties");

        assertThat(file).content().contains("password=secret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Leftovers.find(folder))
                .hasSize(1)
                .allSatisfy(process ->
                        assertThat(process.info().commandLine().orElseThrow()).doesNotContain("secret"));
    }

    @Test
    void aKilledChildIsReportedAndCanBeStartedAgain() throws Exception {
        service.awaitReady(PATIENCE);
        signal("KILL", service.pid());

        await().atMost(PATIENCE).until(() -> endedUnexpectedly.contains(service));
        assertThat(service.describeEnd())
                .contains("service was killed", service.log().toString());
        service.start();
        service.awaitReady(PATIENCE);
        assertThat(folder.resolve("logs/service.previous.log")).exists();
    }

    @Test
    void theKeyboardsInterruptIsLeftToTheLauncher() throws Exception {
        service.awaitReady(PATIENCE);
        signal("INT", service.pid());
        signal("HUP", service.pid());

        assertThat(service.isReady()).isTrue();
        service.stop(PATIENCE);
        assertThat(endedUnexpectedly).isEmpty();
    }

    @Test
    void aFailureToStartIsTold() throws Exception {
        ServiceProcess failing =
                service(Map.of("failure", "Web server failed to start. Port 4711 was already in use."));
        service.kill();
        failing.start();

        assertThatThrownBy(() -> failing.awaitReady(PATIENCE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not open port 4711");
    }

    @Test
    void aChildEndsWhenItsLauncherIsKilled() throws Exception {
        int childPort = Ports.findFree(1).get(0);
        Process launcher = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SampleService.Launcher.class.getName(),
                        folder.resolve("other").toString(),
                        String.valueOf(childPort))
                .redirectErrorStream(true)
                .redirectOutput(new File(folder.toFile(), "launcher.out"))
                .start();
        try {
            await().atMost(PATIENCE).until(() -> !Ports.isFree(childPort));
            List<ProcessHandle> children = Leftovers.find(folder.resolve("other"));
            assertThat(children).hasSize(1);
            launcher.destroyForcibly().waitFor();

            children.get(0).onExit().get(PATIENCE.toSeconds(), SECONDS);
            assertThat(folder.resolve("other/logs/child.log")).content().contains("ends in order");
        } finally {
            launcher.destroyForcibly();
        }
    }

    private ServiceProcess service(Map<String, String> settings) {
        return new ServiceProcess(
                SampleService.spec("service", folder, settings, port), folder, endedUnexpectedly::add);
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }
}
