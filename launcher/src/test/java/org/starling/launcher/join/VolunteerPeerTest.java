package org.starling.launcher.join;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolunteerPeerTest {
    @TempDir
    private Path folder;

    @Test
    void theVolunteersLimitsReachThePeer() {
        assertThat(environment(Map.of(
                        "STARLING_PEER_MAXUPLOAD", "2MB",
                        "STARLING_PEER_CONNECTIONS", "4",
                        "STARLING_DATASETS", "my-datasets")))
                .containsEntry("STARLING_PEER_MAXUPLOAD", "2MB")
                .containsEntry("STARLING_PEER_CONNECTIONS", "4")
                .containsEntry(
                        "STARLING_DATASETS",
                        Path.of("my-datasets").toAbsolutePath().toString());
    }

    @Test
    void nothingElseDoesAndNothingOverrulesTheCommandLine() {
        assertThat(environment(Map.of(
                        "STARLING_PEER_DATA", "/elsewhere",
                        "STARLING_AUTH_SECRET", "secret",
                        "SPRING_PROFILES_ACTIVE", "development")))
                .containsOnlyKeys("OMP_WAIT_POLICY", "DJL_OFFLINE", "DJL_CACHE_DIR", "MALLOC_ARENA_MAX");
    }

    @Test
    void theFolderOfKeysStaysOutOfCommitsAndImages() throws IOException {
        Path home = Path.of("..");
        assertThat(Files.readAllLines(home.resolve(".gitignore"))).contains(".starling*/", ".env");
        assertThat(Files.readAllLines(home.resolve(".dockerignore"))).contains("**/.starling*", "**/.env");
    }

    private Map<String, String> environment(Map<String, String> own) {
        return new VolunteerPeer(
                        new VolunteerPeer.Settings(
                                Path.of("."), URI.create("http://auth"), "birds/emoji", null, null, 9090, null, own),
                        folder)
                .environment(Set.of("starling.peer.data", "starling.run"));
    }
}
