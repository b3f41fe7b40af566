package org.starling.launcher.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starling.launcher.process.ServiceProcess;

class DataFolderTest {
    @TempDir
    private Path folder;

    @Test
    void aSecondDemoInTheFolderIsRefused() throws Exception {
        Path data = folder.resolve("data");
        try (DataFolder open = DataFolder.open(data, false)) {
            assertThat(open.path()).isEqualTo(data);
            assertThat(DataFolder.isInUse(data)).isTrue();
            assertThatThrownBy(() -> DataFolder.open(data, true))
                    .isInstanceOf(SuiteException.class)
                    .hasMessage("A demo is already running in " + data + ": stop it with ./starling stop, or choose"
                            + " another folder with --data.");
        }
        assertThat(DataFolder.isInUse(data)).isFalse();
    }

    @Test
    void startingOverDeletesOnlyWhatADemoMade() throws Exception {
        DataFolder.open(folder, false).close();
        Files.createDirectories(folder.resolve("hub/repos"));
        Files.writeString(folder.resolve("hub/repos/model"), "weights");
        Files.writeString(folder.resolve("my-notes.txt"), "mine");

        DataFolder.open(folder, true).close();

        assertThat(folder.resolve("hub")).doesNotExist();
        assertThat(folder.resolve("my-notes.txt")).hasContent("mine");
    }

    @Test
    void startingOverWaitsForWhatAKilledLauncherHasLeft() throws Exception {
        DataFolder.open(folder, false).close();
        Process child = new ProcessBuilder(
                        "sh",
                        "-c",
                        "sleep 1; mkdir -p hub; echo late > hub/late",
                        "-D" + ServiceProcess.MARKER + "=" + folder)
                .directory(folder.toFile())
                .start();

        DataFolder.open(folder, true).close();

        assertThat(child.waitFor()).isZero();
        assertThat(folder.resolve("hub")).doesNotExist();
    }

    @Test
    void startingAgainKeepsEverything() throws Exception {
        DataFolder.open(folder, false).close();
        Files.createDirectories(folder.resolve("hub"));

        DataFolder.open(folder, false).close();

        assertThat(folder.resolve("hub")).exists();
    }

    @Test
    void aFolderOfSomebodyElseIsLeftAlone() throws Exception {
        Files.createDirectories(folder.resolve("hub"));

        assertThatThrownBy(() -> DataFolder.open(folder, true))
                .isInstanceOf(SuiteException.class)
                .hasMessageContaining("files that are not a demo's");
        assertThat(folder.resolve("hub")).exists();
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> DataFolder.open(file, false))
                .isInstanceOf(SuiteException.class)
                .hasMessageContaining("is not a folder");
    }

    @Test
    void addressesSayWhenNothingRuns() {
        assertThatThrownBy(() -> Addresses.read(folder))
                .isInstanceOf(SuiteException.class)
                .hasMessage("No demo is running in " + folder
                        + ": start one with ./starling demo, or name its folder with --data.");
    }
}
