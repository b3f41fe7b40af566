package org.starling.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.join.LastRun;
import org.starling.launcher.join.RunFinder;
import org.starling.launcher.join.VolunteerPeer;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.suite.SuiteException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code starling join}: lends this machine to a run, until it is told to stop. */
@Command(
        name = "join",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Lends this machine to a run. Shows a code to enter in a browser, or takes a Hugging Face access token from the"
                    + " environment variable HF_TOKEN; waits for a moderator where needed; then trains.",
            "Ctrl-C stops it; the next start goes on with the same login."
        },
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "130 or 143:it was told to stop, by Ctrl-C or by SIGTERM",
            "1:it could not go on; the last line says why",
            "77:the run's moderators, or the person who logged in, do not want this machine"
        })
final class JoinCommand implements Callable<Integer> {
    private static final Duration STOP = Duration.ofSeconds(10);

    @Parameters(paramLabel = "AUTH-URL", description = "Address of the run's auth service.")
    private String auth = "";

    @Option(names = "--run", paramLabel = "ORGANISATION/NAME", description = "The run, if there are several.")
    private @Nullable String run;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder that keeps the peer's key and login. Default: ${DEFAULT-VALUE}.")
    private Path data = Path.of(".starling-peer");

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "Name or IP address under which other peers reach this machine. Default: it only dials out.")
    private @Nullable String host;

    @Option(
            names = "--swarm-port",
            paramLabel = "PORT",
            description = "With --host: the port for other peers. Default: ${DEFAULT-VALUE}.")
    private int swarmPort = 9090;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute. Default: all.")
    private @Nullable Integer threads;

    @Spec
    private @Nullable CommandSpec spec;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;

    @Override
    public Integer call() throws IOException, SuiteException, InterruptedException {
        URI address = address(auth);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Thread main = Thread.currentThread();
        Thread hook = new Thread(() -> stopForSignal(main), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return train(address, findRun(address, out), out);
        } catch (InterruptedException e) {
            return endOf(e);
        } finally {
            stopped.countDown();
        }
    }

    private String findRun(URI address, PrintWriter out) throws IOException, SuiteException, InterruptedException {
        LastRun last = new LastRun(folder());
        Optional<String> known = run == null ? last.at(address) : Optional.of(run);
        if (known.isPresent()) {
            return known.get();
        }
        String found = new RunFinder(address, RunFinder.Pace.defaults(), sentence -> {
                    out.println(sentence);
                    out.flush();
                })
                .find();
        last.keep(address, found);
        return found;
    }

    private Path folder() {
        return data.toAbsolutePath().normalize();
    }

    private int endOf(InterruptedException e) throws InterruptedException {
        if (stopping) {
            return 0;
        }
        throw e;
    }

    private int train(URI address, String found, PrintWriter out) throws IOException, InterruptedException {
        out.println("Joining " + found + " at " + address + "; everything is kept in " + folder() + ".");
        out.flush();
        ServiceProcess peer = new VolunteerPeer(
                        new VolunteerPeer.Settings(
                                Path.of(System.getProperty("starling.home", ".")),
                                address,
                                found,
                                hubToken(),
                                host,
                                swarmPort,
                                threads,
                                System.getenv()),
                        folder())
                .prepare();
        try {
            peer.startVisibly();
            return peer.awaitEnd();
        } catch (InterruptedException e) {
            out.println("Stopping ...");
            out.flush();
            peer.stop(STOP);
            out.println("Stopped.");
            out.flush();
            return endOf(e);
        }
    }

    private static @Nullable String hubToken() {
        String token = System.getenv("HF_TOKEN");
        return token == null || token.isBlank() ? null : token.strip();
    }

    private static URI address(String text) throws SuiteException {
        try {
            URI address = URI.create(text.strip().replaceAll("/+$", ""));
            if (address.getHost() != null
                    && ("http".equals(address.getScheme()) || "https".equals(address.getScheme()))) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new SuiteException(
                "'" + text + "' is not the address of an auth service, such as https://auth.example.org.");
    }

    /** Runs while the JVM shuts down: has the main thread stop the peer, and waits until it has. */
    private void stopForSignal(Thread main) {
        stopping = true;
        main.interrupt();
        try {
            stopped.await(2 * STOP.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
