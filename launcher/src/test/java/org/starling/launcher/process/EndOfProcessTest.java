package org.starling.launcher.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndOfProcessTest {
    @TempDir
    private Path folder;

    @Test
    void aFullDisk() throws Exception {
        assertThat(describe("java.io.IOException: No space left on device\n"))
                .isEqualTo("hub stopped because the disk that holds " + folder + " is full: free some space and start"
                        + " again.");
    }

    @Test
    void aTakenPort() throws Exception {
        assertThat(describe("Web server failed to start. Port 8080 was already in use.\n"))
                .startsWith("hub could not open port 8080, because another program has taken it: ");
        assertThat(describe("Failed to bind to address /127.0.0.1:4711\nAddress already in use: /127.0.0.1:4711\n"))
                .startsWith("hub could not open port 4711, ");
    }

    @Test
    void tooLittleMemory() throws Exception {
        assertThat(describe("java.lang.OutOfMemoryError: Java heap space\n"))
                .contains("ran out of memory", "Java heap space", "--trainers");
    }

    @Test
    void whatTheServiceItselfExplains() throws Exception {
        String text = "\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nThe task 'x' is"
                + " unknown.\n\nAction:\n\nChoose another.\n\n";

        assertThat(describe(text)).isEqualTo("hub did not start: The task 'x' is unknown. Choose another.");
    }

    @Test
    void anythingElseNamesTheLastCauseAndTheLog() throws Exception {
        assertThat(describe("Caused by: a\n\tat x\nCaused by: the innermost\n\tat y\n"))
                .isEqualTo("hub ended with status 1 (the innermost); its log is " + folder.resolve("hub.log") + ".");
        assertThat(EndOfProcess.describe("hub", 1, folder.resolve("absent.log")))
                .startsWith("hub ended with status 1;");
    }

    @Test
    void theLastLines() throws Exception {
        Path log = Files.writeString(folder.resolve("long.log"), "line\n".repeat(100_000) + "last but one\nlast\n");

        assertThat(EndOfProcess.lastLines(log, 2)).containsExactly("last but one", "last");
    }

    private String describe(String text) throws Exception {
        Path log = Files.writeString(folder.resolve("hub.log"), text);
        return EndOfProcess.describe("hub", 1, log);
    }
}
