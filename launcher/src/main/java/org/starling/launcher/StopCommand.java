package org.starling.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.suite.Addresses;
import org.starling.launcher.suite.DataFolder;
import org.starling.launcher.suite.SuiteException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code starling stop}: ends the demo that runs in a folder. */
@Command(
        name = "stop",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Stops the demo that runs in a folder, as Ctrl-C in its terminal does.")
final class StopCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(200);

    @Mixin
    private DataOption data = new DataOption();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, SuiteException, InterruptedException {
        Path folder = data.folder();
        long process = Addresses.read(folder).process();
        ProcessHandle.of(process).ifPresent(ProcessHandle::destroy);
        Instant deadline = Instant.now().plus(PATIENCE);
        while (DataFolder.isInUse(folder)) {
            if (Instant.now().isAfter(deadline)) {
                throw new SuiteException(
                        "The demo did not stop within %d seconds: end process %d by force (kill -9 %d), its children"
                                        .formatted(PATIENCE.toSeconds(), process, process)
                                + " then end by themselves.");
            }
            Thread.sleep(POLL.toMillis());
        }
        Objects.requireNonNull(spec).commandLine().getOut().println("Stopped.");
        return 0;
    }
}
