package org.starling.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.suite.Addresses;
import org.starling.launcher.suite.SuiteException;
import org.starling.launcher.suite.SuiteStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code starling status}: what the demo in a folder does now. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Tells what the demo that runs in a folder does now.")
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private DataOption data = new DataOption();

    @Option(names = "--json", description = "Print it as JSON, for scripts.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, SuiteException, InterruptedException {
        SuiteStatus status = SuiteStatus.read(Addresses.read(data.folder()));
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            out.println(status.toJson());
        } else {
            out.println(status.run() + ": " + StatusLine.of(status));
            status.peers()
                    .forEach(peer -> out.printf(
                            Locale.ROOT,
                            "  %-20s epoch %-5d %-10s %s%n",
                            peer.name(),
                            peer.epoch(),
                            peer.stateDigest() == null ? "" : peer.stateDigest().substring(0, 8),
                            peer.explanation()));
            status.services().forEach((name, address) -> out.printf("  %-20s %s%n", name, address));
        }
        out.flush();
        return 0;
    }
}
