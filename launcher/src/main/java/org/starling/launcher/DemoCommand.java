package org.starling.launcher;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.DataFolder;
import org.starling.launcher.suite.Suite;
import org.starling.launcher.suite.SuiteException;
import org.starling.launcher.suite.SuiteSettings;
import org.starling.launcher.suite.SuiteSettings.RunSettings;
import org.starling.launcher.suite.SuiteStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code starling demo}: a swarm on this machine, until it is told to stop. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts a swarm on this machine: a stand-in for the Hugging Face Hub, the auth, checkpoint and metrics"
                    + " services, and trainers that learn together to draw emoji from their names.",
            "Ctrl-C stops everything; the next start resumes from the last checkpoint."
        })
final class DemoCommand implements Callable<Integer> {
    /** The run of the demo. */
    static final RunSettings RUN = new RunSettings(
            "murmuration/emoji",
            "Three volunteers learn to draw emoji from their names.",
            "text-to-image",
            Map.of(),
            96,
            Map.of(),
            Map.of(),
            30);

    private static final Duration REFRESH = Duration.ofSeconds(1);
    private static final String HOME = "starling.home";

    @Mixin
    private DataOption data = new DataOption();

    @Option(names = "--fresh", description = "Delete first what an earlier demo left in the folder.")
    private boolean fresh;

    @Option(
            names = "--trainers",
            paramLabel = "N",
            description = "Trainers to start, 1 to 8; the last one also draws. Default: ${DEFAULT-VALUE}.")
    private int trainers = 3;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port of the dashboard. Default: that of the last start, or a free one.")
    private @Nullable Integer port;

    @Option(names = "--minutes", paramLabel = "N", description = "Stop after so many minutes. Default: run on.")
    private @Nullable Integer minutes;

    @Spec
    private @Nullable CommandSpec spec;

    private final Object signal = new Object();
    private boolean signalled;
    private boolean stopping;
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public Integer call() throws IOException, SuiteException, InterruptedException {
        SuiteSettings settings = new SuiteSettings(
                Path.of(System.getProperty(HOME, ".")),
                RUN,
                trainers,
                port == null ? OptionalInt.empty() : OptionalInt.of(port),
                Map.of());
        Terminal terminal = new Terminal(
                Objects.requireNonNull(spec).commandLine().getOut(), Boolean.getBoolean("starling.terminal"));
        DataFolder folder = DataFolder.open(data.folder(), fresh);
        System.setProperty(
                "starling.launcher.log",
                folder.resolve("logs").resolve("launcher.log").toString());
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "supervisor");
            thread.setDaemon(true);
            return thread;
        });
        Supervisor supervisor = new Supervisor(terminal, executor);
        Suite suite = new Suite(settings, folder, supervisor);
        Thread main = Thread.currentThread();
        Thread hook = new Thread(() -> stopForSignal(main), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            run(suite, supervisor, terminal);
            return 0;
        } catch (IOException | InterruptedException | RuntimeException e) {
            synchronized (signal) {
                if (!signalled) {
                    throw e;
                }
            }
            return 0;
        } finally {
            beginStopping();
            supervisor.disable();
            terminal.endLive();
            terminal.say("Stopping ...");
            suite.close();
            terminal.say("Stopped; everything is kept in " + suite.data() + ".");
            stopped.countDown();
        }
    }

    private void run(Suite suite, Supervisor supervisor, Terminal terminal)
            throws IOException, SuiteException, InterruptedException {
        Instant begun = Instant.now();
        terminal.say("Starting the swarm in " + suite.data() + " ...");
        suite.start();
        supervisor.enable();
        introduce(suite, terminal, Duration.between(begun, Instant.now()));
        Instant end = minutes == null ? Instant.MAX : Instant.now().plus(Duration.ofMinutes(minutes));
        boolean epochSeen = false;
        while (Instant.now().isBefore(end)) {
            SuiteStatus status = SuiteStatus.read(suite.addresses());
            if (!epochSeen && status.epoch() > 0) {
                epochSeen = true;
                terminal.say("Epoch %d is there, %d seconds after the start."
                        .formatted(
                                status.epoch(),
                                Duration.between(begun, Instant.now()).toSeconds()));
            }
            terminal.live(StatusLine.of(status));
            Thread.sleep(REFRESH.toMillis());
        }
    }

    private static void introduce(Suite suite, Terminal terminal, Duration took) {
        URI auth = suite.auth();
        terminal.say("The services are up after " + took.toSeconds() + " seconds.");
        terminal.say("  Dashboard:    " + suite.metrics());
        terminal.say("  Auth service: " + auth + " (log in as " + Account.MODERATOR.name()
                + ", the run's moderator; the local hub asks for no password)");
        terminal.say("  Hub:          " + suite.hub());
        terminal.say("  One more:     ./starling join " + auth + " in another window, as a volunteer would");
        terminal.say("Ctrl-C stops everything; logs are in " + suite.data().resolve("logs") + ".");
    }

    /** Runs while the JVM shuts down: has the main thread stop the suite, and waits until it has. */
    private void stopForSignal(Thread main) {
        synchronized (signal) {
            signalled = true;
            if (!stopping) {
                main.interrupt();
            }
        }
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From here on no signal interrupts the main thread. */
    private void beginStopping() {
        synchronized (signal) {
            stopping = true;
            Thread.interrupted();
        }
    }
}
