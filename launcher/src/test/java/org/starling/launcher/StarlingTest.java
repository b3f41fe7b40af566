package org.starling.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class StarlingTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpNamesEveryCommand() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("demo", "join", "status", "stop", "dataset", "simulate", "bench");
    }

    @Test
    void wrongArgumentsAreTold() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString())
                .contains("Say which command: demo, join, status, stop, dataset, simulate, soak or bench.");
        assertThat(execute("demo", "--trainers", "many")).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value for option '--trainers'");
    }

    @Test
    void joiningNeedsTheAddressOfAnAuthService(@TempDir Path folder) {
        assertThat(execute("join")).isEqualTo(2);
        assertThat(err.toString()).contains("AUTH-URL");
        assertThat(execute("join", "auth.example.org", "--data", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains(
                        "'auth.example.org' is not the address of an auth service, such as https://auth.example.org.");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void theHelpTellsTheExitStatusOfAPeerThatWasStopped() {
        assertThat(execute("join", "--help")).isZero();
        assertThat(out.toString()).contains("130 or 143", "told to stop", "77");
    }

    @Test
    void aSentenceSaysThatNothingRuns(@TempDir Path folder) {
        assertThat(execute("status", "--json", "--data", folder.toString())).isEqualTo(1);
        assertThat(err.toString())
                .isEqualToNormalizingNewlines("No demo is running in " + folder
                        + ": start one with ./starling demo, or name its folder with --data.\n");
        assertThat(execute("stop", "--data", folder.toString())).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"simulate, simulator", "bench, benchmarks"})
    void aModuleThatIsNotBuiltIsTold(String command, String module, @TempDir Path folder) {
        String before = System.getProperty("starling.home", ".");
        System.setProperty("starling.home", folder.toString());
        try {
            assertThat(execute(command, "--peers", "4", "--help")).isEqualTo(1);
        } finally {
            System.setProperty("starling.home", before);
        }
        assertThat(err.toString()).contains("The module " + module + " is not built");
    }

    @Test
    void theNumberOfTrainersIsLimited(@TempDir Path folder) {
        assertThat(execute("demo", "--trainers", "0", "--data", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("The number of trainers must be from 1 to 8, not 0.");
        assertThat(folder).isEmptyDirectory();
    }

    private int execute(String... arguments) {
        CommandLine command = Starling.commandLine();
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }
}
