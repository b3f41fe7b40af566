package org.starling.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.starling.launcher.process.EndOfProcess;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.suite.DataFolder;
import org.starling.launcher.suite.Suite;
import org.starling.launcher.suite.SuiteListener;
import org.starling.launcher.suite.SuiteSettings;
import org.starling.launcher.suite.SuiteSettings.RunSettings;

/** A swarm for the tests of one class. When one fails, the ends of all logs are printed. */
final class SwarmExtension implements BeforeAllCallback, AfterAllCallback, TestExecutionExceptionHandler {
    /** The folder of the built modules. */
    static final Path HOME =
            Path.of(System.getProperty("starling.home", "..")).toAbsolutePath().normalize();

    private static final int LOG_LINES = 60;

    private final RunSettings run;
    private final int trainers;
    private final Map<String, Map<String, String>> properties;
    private final List<String> unexpectedEnds = new CopyOnWriteArrayList<>();
    private @Nullable Path folder;
    private @Nullable Suite suite;
    private @Nullable Observer observer;

    /** @param properties beyond what a suite sets itself, by kind of process */
    SwarmExtension(RunSettings run, int trainers, Map<String, Map<String, String>> properties) {
        this.run = run;
        this.trainers = trainers;
        this.properties = properties;
    }

    Suite suite() {
        return Objects.requireNonNull(suite);
    }

    Observer observer() {
        return Objects.requireNonNull(observer);
    }

    /** Processes that ended without having been told to, as sentences. */
    List<String> unexpectedEnds() {
        return unexpectedEnds;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Path data = Files.createTempDirectory("starling-it");
        folder = data;
        Suite starting = new Suite(
                new SuiteSettings(HOME, run, trainers, OptionalInt.empty(), properties),
                DataFolder.open(data, false),
                new SuiteListener() {
                    @Override
                    public void endedUnexpectedly(ServiceProcess process) {
                        unexpectedEnds.add(process.describeEnd());
                    }

                    @Override
                    public void portChanged(String sentence) {
                        // Nobody remembers the ports of a test.
                    }
                });
        suite = starting;
        try {
            starting.start();
        } catch (Exception e) {
            printLogs();
            throw e;
        }
        observer = new Observer(starting);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        printLogs();
        throw failure;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (observer != null) {
            observer.close();
        }
        if (suite != null) {
            suite.close();
        }
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void printLogs() {
        unexpectedEnds.forEach(System.err::println);
        for (Path log : suite().logs()) {
            System.err.println("---- " + log);
            EndOfProcess.lastLines(log, LOG_LINES).forEach(System.err::println);
        }
    }
}
