package org.starling.launcher.process;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One child that can be started, stopped, killed and started again. Thread-safe.
 *
 * <p>The child ignores SIGINT and SIGHUP, which a terminal sends to everything in the foreground: its end is decided
 * here, so that children end in an order. It ends by SIGTERM, or when this process is gone ({@link Guard}).
 */
public final class ServiceProcess {
    /** System property on every child's command line, by which people and tests find the children of one folder. */
    public static final String MARKER = "starling.suite";

    private static final Duration POLL = Duration.ofMillis(150);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private static final boolean POSIX = File.separatorChar == '/';

    private final ServiceSpec spec;
    private final Path folder;
    private final Consumer<ServiceProcess> unexpectedEnd;
    private @Nullable Process process;
    private boolean endExpected;
    private Instant startedAt = Instant.EPOCH;

    /**
     * @param folder the folder of the whole swarm; logs and configuration files go below it
     * @param unexpectedEnd called once, on a thread of its own, when the child ends without having been told to
     */
    public ServiceProcess(ServiceSpec spec, Path folder, Consumer<ServiceProcess> unexpectedEnd) {
        this.spec = spec;
        this.folder = folder;
        this.unexpectedEnd = unexpectedEnd;
    }

    public String name() {
        return spec.name();
    }

    public Path log() {
        return folder.resolve("logs").resolve(spec.name() + ".log");
    }

    /** Starts the child and returns at once. The log of its former life is kept beside the new one. */
    public synchronized void start() throws IOException {
        requireEnded();
        Files.createDirectories(log().getParent());
        if (Files.exists(log())) {
            Files.move(log(), log().resolveSibling(name() + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
        }
        start(ProcessBuilder.Redirect.to(log().toFile()));
    }

    /** Starts the child and returns at once. What it writes goes where this process's output goes, and to no log. */
    public synchronized void startVisibly() throws IOException {
        requireEnded();
        start(ProcessBuilder.Redirect.INHERIT);
    }

    private void requireEnded() {
        if (isAlive()) {
            throw new IllegalStateException(name() + " is already running");
        }
    }

    private void start(ProcessBuilder.Redirect output) throws IOException {
        Files.createDirectories(spec.workingDirectory());
        ProcessBuilder builder = new ProcessBuilder(commandLine())
                .directory(spec.workingDirectory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        Map<String, String> environment = builder.environment();
        // A developer's own settings, above all a real access token, are not for these children.
        environment.keySet().removeIf(key -> key.startsWith("SPRING_") || key.startsWith("STARLING_"));
        environment.keySet().removeAll(List.of("HF_TOKEN", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        environment.putAll(spec.environment());
        environment.put(
                "SPRING_CONFIG_ADDITIONAL_LOCATION",
                writeConfiguration().toUri().toString());
        Process started = builder.start();
        process = started;
        endExpected = false;
        startedAt = Instant.now();
        started.onExit().thenAcceptAsync(this::ended);
    }

    /** Waits until the child can be used. */
    public void awaitReady(Duration timeout) throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(timeout);
        while (!answers(spec.readiness())) {
            if (!isAlive()) {
                throw new IOException(describeEnd());
            }
            if (Instant.now().isAfter(deadline)) {
                throw new IOException(
                        "%s is not ready after %d seconds: see %s".formatted(name(), timeout.toSeconds(), log()));
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    /** Whether the child's readiness address answers now. */
    public boolean isReady() throws InterruptedException {
        return isAlive() && answers(spec.readiness());
    }

    public synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** The process's id; -1 before the first start. */
    public synchronized long pid() {
        return process == null ? -1 : process.pid();
    }

    public synchronized Instant startedAt() {
        return startedAt;
    }

    /**
     * Waits until the child has ended by itself.
     *
     * @return its exit status
     */
    public int awaitEnd() throws InterruptedException {
        Process running;
        synchronized (this) {
            running = Objects.requireNonNull(process, "not started");
        }
        return running.waitFor();
    }

    /** Asks the child to end; {@link #awaitStop} waits for it. */
    public synchronized void requestStop() {
        endExpected = true;
        if (process != null) {
            process.destroy();
        }
    }

    /** Waits for the end of a child that was asked to, and ends it by force after the time given. */
    public void awaitStop(Duration timeout) throws InterruptedException {
        Process ending;
        synchronized (this) {
            endExpected = true;
            ending = process;
        }
        if (ending != null && !ending.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            ending.destroyForcibly().waitFor();
        }
    }

    /** Ends the child in order, by force after the time given. */
    public void stop(Duration timeout) throws InterruptedException {
        requestStop();
        awaitStop(timeout);
    }

    /** Ends the child with SIGKILL and waits until it is gone; counts as an expected end. */
    public void kill() throws InterruptedException {
        Process ending;
        synchronized (this) {
            endExpected = true;
            ending = process;
        }
        if (ending != null) {
            ending.destroyForcibly().waitFor();
        }
    }

    /** Why the child is not running, in one sentence that says what to do. */
    public String describeEnd() {
        int status;
        synchronized (this) {
            if (process == null) {
                return name() + " was not started.";
            }
            if (process.isAlive()) {
                return name() + " is running.";
            }
            status = process.exitValue();
        }
        return EndOfProcess.describe(name(), status, log());
    }

    private void ended(Process which) {
        boolean unexpected;
        synchronized (this) {
            unexpected = which == process && !endExpected;
        }
        if (unexpected) {
            unexpectedEnd.accept(this);
        }
    }

    private List<String> commandLine() {
        List<String> command = new ArrayList<>();
        if (POSIX) {
            command.addAll(List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
            if (spec.niceness() > 0) {
                command.addAll(List.of("nice", "-n", String.valueOf(spec.niceness())));
            }
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-D" + MARKER + "=" + folder);
        command.addAll(spec.jvmOptions());
        command.add("-cp");
        String programClassPath =
                spec.program().classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        command.add(Classpath.of(Guard.class) + File.pathSeparator + programClassPath);
        command.add(Guard.class.getName());
        command.add(spec.program().mainClass());
        return command;
    }

    private Path writeConfiguration() throws IOException {
        Path file = OwnerOnly.createDirectories(folder.resolve("config")).resolve(name() + ".properties");
        Properties properties = new Properties();
        properties.putAll(spec.configuration());
        StringWriter text = new StringWriter();
        properties.store(text, null);
        String sorted = text.toString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .sorted()
                .collect(Collectors.joining("\n", "", "\n"));
        OwnerOnly.write(file, sorted);
        return file;
    }

    private static boolean answers(URI address) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(address)
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }
}
