package org.starling.launcher.join;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.process.OwnerOnly;
import org.starling.launcher.process.Ports;
import org.starling.launcher.process.ProgramStore;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.process.ServiceSpec;

/** The process of a volunteer's peer, whose words go to this process's output. */
public final class VolunteerPeer {
    private static final int USUAL_PORT = 8090;
    private static final String HOST = "127.0.0.1";
    private static final String LIMITS = "STARLING_PEER_";
    private static final String DATASETS = "STARLING_DATASETS";
    private static final List<String> JVM = List.of(
            "-XX:MaxRAMPercentage=70",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Dfile.encoding=UTF-8");

    private final Settings settings;
    private final Path folder;

    /**
     * What the volunteer decides.
     *
     * @param home folder of the built modules
     * @param auth address of the auth service
     * @param run to take part in
     * @param hubToken Hugging Face access token; null to log in with a browser
     * @param host where other peers reach this one; null if it only dials out
     * @param swarmPort port for other peers
     * @param threads that may compute; null for all
     * @param environment of this process, whose limits for the peer are passed on
     */
    public record Settings(
            Path home,
            URI auth,
            String run,
            @Nullable String hubToken,
            @Nullable String host,
            int swarmPort,
            @Nullable Integer threads,
            Map<String, String> environment) {
        public Settings {
            environment = Map.copyOf(environment);
        }

        /** Keeps the token out of logs. */
        @Override
        public String toString() {
            return "Settings[" + run + " at " + auth + "]";
        }
    }

    /** @param folder keeps the peer's key, login and membership between starts */
    public VolunteerPeer(Settings settings, Path folder) {
        this.settings = settings;
        this.folder = folder;
    }

    /** The process, not yet started. */
    public ServiceProcess prepare() throws IOException {
        OwnerOnly.createDirectories(folder);
        int port = Ports.isFree(USUAL_PORT) ? USUAL_PORT : Ports.findFree(1).get(0);
        Map<String, String> configuration = configuration(port);
        return new ServiceProcess(
                new ServiceSpec(
                        "peer",
                        new ProgramStore(settings.home(), folder.resolve("apps")).program("peer-service"),
                        new ArrayList<>(JVM),
                        configuration,
                        environment(configuration.keySet()),
                        0,
                        folder,
                        URI.create("http://" + HOST + ":" + port + "/actuator/health")),
                folder,
                ended -> {});
    }

    /**
     * The peer's variables: the volunteer's own for the peer, but for those that say otherwise than what is decided here, which
     * they would overrule.
     *
     * @param decided Spring properties
     */
    Map<String, String> environment(Set<String> decided) {
        Set<String> overruling = decided.stream().map(VolunteerPeer::variable).collect(Collectors.toSet());
        Map<String, String> environment = new HashMap<>(Map.of(
                "OMP_WAIT_POLICY", "passive",
                "DJL_OFFLINE", "true",
                "DJL_CACHE_DIR", folder.resolve("djl").toString(),
                "MALLOC_ARENA_MAX", "2"));
        settings.environment().forEach((name, value) -> {
            if (name.startsWith(LIMITS) && !overruling.contains(name)) {
                environment.put(name, value);
            } else if (name.equals(DATASETS)) {
                // The peer works in a folder of its own.
                environment.put(name, Path.of(value).toAbsolutePath().toString());
            }
        });
        String token = settings.hubToken();
        if (token != null) {
            // Not into a file, as the other settings.
            environment.put("HF_TOKEN", token);
        }
        return environment;
    }

    /** The variable by which Spring takes a property from the environment. */
    private static String variable(String property) {
        return property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
    }

    private Map<String, String> configuration(int port) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "server.address", HOST,
                "server.port", String.valueOf(port),
                "starling.run", settings.run(),
                "starling.auth.url", settings.auth().toString(),
                "starling.peer.data", folder.resolve("peer").toString(),
                "starling.peer.roles", "trainer"));
        // A person reads along; the file has times and places.
        properties.putAll(Map.of(
                "logging.pattern.console", "%msg%n",
                "logging.file.name", folder.resolve("logs/peer.log").toString(),
                "logging.level.org.starling.spring.StartupProblemReporter", "error",
                "logging.level.org.springframework.boot.diagnostics.LoggingFailureAnalysisReporter", "off",
                "spring.main.log-startup-info", "false"));
        if (settings.host() != null) {
            properties.put("starling.peer.host", settings.host());
            properties.put("spring.grpc.server.port", String.valueOf(settings.swarmPort()));
        }
        if (settings.threads() != null) {
            properties.put("starling.peer.threads", String.valueOf(settings.threads()));
        }
        return properties;
    }
}
