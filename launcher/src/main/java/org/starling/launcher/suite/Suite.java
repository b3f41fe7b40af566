package org.starling.launcher.suite;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.launcher.process.Ports;
import org.starling.launcher.process.ProgramStore;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.process.ServiceSpec;
import tools.jackson.databind.JsonNode;

/**
 * One swarm on this machine: the four services, their database and the trainers, as child processes.
 *
 * <p>Everything is in one data folder and is taken up again by the next suite in that folder. Start it with
 * {@link #start}, end it with {@link #close}; both may be called from different threads.
 */
public final class Suite implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Suite.class);
    private static final Duration READY = Duration.ofSeconds(120);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String HOST = "127.0.0.1";
    /** Trainers compute all the time; whoever answers people goes first. */
    private static final int TRAINER_NICENESS = 5;

    private final SuiteSettings settings;
    private final DataFolder folder;
    private final SuiteListener listener;
    private final Secrets secrets;
    private final PortBook ports;
    private final ProgramStore programs;
    private final ServiceConfigurations configurations;

    private final Map<String, ServiceProcess> processes = new LinkedHashMap<>();
    private final List<ServiceProcess> trainers = new CopyOnWriteArrayList<>();
    private final Map<String, URI> services = new LinkedHashMap<>();
    private final Map<String, URI> peers = new LinkedHashMap<>();
    private final Set<String> admitted = ConcurrentHashMap.newKeySet();
    private @Nullable Databases databases;
    private @Nullable Thread moderator;
    private volatile boolean closed;

    /** Takes over the folder: it is closed with the suite. */
    public Suite(SuiteSettings settings, DataFolder folder, SuiteListener listener) throws IOException {
        this.settings = settings;
        this.folder = folder;
        this.listener = listener;
        this.secrets = Secrets.open(folder.resolve("secrets.json"));
        this.ports = PortBook.open(folder.resolve("ports.json"), listener::portChanged);
        this.programs = new ProgramStore(settings.home(), folder.resolve("apps"));
        this.configurations = new ServiceConfigurations(settings, folder.path(), secrets);
    }

    /**
     * Starts everything and returns when the services answer and every trainer runs; trainers join on their own.
     *
     * @throws SuiteException when something that the user can mend is in the way
     */
    public void start() throws SuiteException, IOException, InterruptedException {
        requireDashboardPort();
        startHub();
        startDatabases();
        startAuth();
        startModerator();
        startCheckpoint();
        startMetrics();
        for (int i = 0; i < settings.trainers(); i++) {
            startTrainer(Account.VOLUNTEERS.get(i), i == settings.trainers() - 1);
        }
        writeAddresses();
        process("checkpoint").awaitReady(READY);
        process("metrics").awaitReady(READY);
    }

    private void requireDashboardPort() throws SuiteException, IOException {
        if (settings.dashboardPort().isPresent()) {
            int port = settings.dashboardPort().getAsInt();
            if (!Ports.isFree(port)) {
                throw new SuiteException("Port " + port
                        + " is taken by another program: end that program, or choose another with --port.");
            }
            ports.set("metrics", port);
        }
    }

    private void startHub() throws IOException {
        int port = ports.get("hub");
        services.put("hub", http(port));
        launch(new ServiceSpec(
                "hub",
                programs.program("local-hub"),
                Jvm.service(96),
                configurations.hub(port, http(ports.get("auth"))),
                Jvm.serviceEnvironment(),
                0,
                folder.resolve("hub"),
                http(port).resolve("/.well-known/openid-configuration")));
    }

    private void startDatabases() throws IOException {
        Databases started = Databases.start(folder.resolve(DataFolder.POSTGRES), ports.get("postgres"), secrets);
        synchronized (this) {
            databases = started;
            if (closed) {
                started.close();
            }
        }
    }

    private void startAuth() throws IOException, InterruptedException {
        int port = ports.get("auth");
        services.put("auth", http(port));
        Map<String, String> configuration = new HashMap<>(configurations.auth(
                port,
                hub(),
                HOST + ":" + ports.get("checkpoint-swarm"),
                http(ports.get("metrics")),
                http(ports.get("checkpoint"))));
        configuration.putAll(database("auth"));
        launch(new ServiceSpec(
                "auth",
                programs.program("auth-service"),
                Jvm.service(160),
                configuration,
                Jvm.serviceEnvironment(),
                0,
                folder.resolve("auth"),
                // Not its health: that is good before the run is made.
                http(port).resolve("/api/v1/runs/" + settings.run().name())));
        process("hub").awaitReady(READY);
        process("auth").awaitReady(READY);
    }

    private void startCheckpoint() throws IOException {
        int port = ports.get("checkpoint");
        int swarmPort = ports.get("checkpoint-swarm");
        services.put("checkpoint", http(port));
        peers.put("checkpoint", http(port));
        Map<String, String> configuration = new HashMap<>(configurations.checkpoint(port, swarmPort, auth(), hub()));
        configuration.putAll(database("checkpoint"));
        admitted.add(Account.CHECKPOINT.name());
        launch(new ServiceSpec(
                "checkpoint",
                programs.program("checkpoint-service"),
                Jvm.service(256),
                configuration,
                Jvm.serviceEnvironment(),
                0,
                folder.resolve("checkpoint"),
                http(port).resolve("/actuator/health")));
    }

    private void startMetrics() throws IOException {
        int port = ports.get("metrics");
        services.put("metrics", http(port));
        peers.put("metrics", http(port));
        Map<String, String> configuration =
                new HashMap<>(configurations.metrics(port, ports.get("metrics-swarm"), auth()));
        configuration.putAll(database("metrics"));
        admitted.add(Account.METRICS.name());
        launch(new ServiceSpec(
                "metrics",
                programs.program("metrics-service"),
                Jvm.service(192),
                configuration,
                Jvm.serviceEnvironment(),
                0,
                folder.resolve("metrics"),
                http(port).resolve("/actuator/health")));
    }

    /**
     * Starts a trainer of an account, whom the moderator admits.
     *
     * @param drawing whether it also answers inference requests
     */
    public ServiceProcess startTrainer(Account account, boolean drawing) throws IOException {
        admitted.add(account.name());
        String name = account.name();
        int port = ports.get(name);
        peers.put(name, http(port));
        ServiceProcess trainer = launch(new ServiceSpec(
                name,
                programs.program("peer-service"),
                Jvm.trainer(384),
                configurations.trainer(account, drawing, port, ports.get(name + "-swarm"), auth()),
                Jvm.trainerEnvironment(),
                TRAINER_NICENESS,
                folder.resolve("peers").resolve(name),
                http(port).resolve("/actuator/health")));
        trainers.add(trainer);
        writeAddresses();
        return trainer;
    }

    private ServiceProcess launch(ServiceSpec spec) throws IOException {
        ServiceProcess process = new ServiceProcess(spec, folder.path(), listener::endedUnexpectedly);
        synchronized (this) {
            if (closed) {
                throw new IOException("The swarm is being stopped");
            }
            processes.put(spec.name(), process);
            process.start();
        }
        log.info("Started {} as process {}", spec.name(), process.pid());
        return process;
    }

    /** The process of that name: {@code hub}, {@code auth}, {@code checkpoint}, {@code metrics}, or an account's. */
    public synchronized ServiceProcess process(String name) {
        return Objects.requireNonNull(processes.get(name), name);
    }

    /** Every process in the order in which it was started. */
    public synchronized List<ServiceProcess> processes() {
        return List.copyOf(processes.values());
    }

    public List<ServiceProcess> trainers() {
        return List.copyOf(trainers);
    }

    public synchronized Addresses addresses() {
        return new Addresses(settings.run().name(), ProcessHandle.current().pid(), services, peers);
    }

    public URI hub() {
        return addresses().service("hub");
    }

    public URI auth() {
        return addresses().service("auth");
    }

    public URI metrics() {
        return addresses().service("metrics");
    }

    public URI checkpoint() {
        return addresses().service("checkpoint");
    }

    /** The hub's user access token of an account. */
    public String hubToken(Account account) throws IOException {
        return secrets.hubToken(account);
    }

    /** Stops everything in the reverse order of its start, by force what does not end in time. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        boolean interrupted = Thread.interrupted();
        if (moderator != null) {
            moderator.interrupt();
        }
        // Its last checkpoint is of the state that the trainers still hold.
        interrupted |= stop(named("checkpoint"));
        interrupted |= stop(trainers());
        for (String service : List.of("metrics", "auth", "hub")) {
            interrupted |= stop(named(service));
        }
        Databases open;
        synchronized (this) {
            open = databases;
        }
        if (open != null) {
            open.close();
        }
        Addresses.delete(folder.path());
        folder.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private List<ServiceProcess> named(String name) {
        return processes().stream()
                .filter(process -> process.name().equals(name))
                .toList();
    }

    /** Stops processes at the same time; returns whether it was interrupted, and then stops by force. */
    private static boolean stop(List<ServiceProcess> ending) {
        ending.forEach(ServiceProcess::requestStop);
        boolean interrupted = false;
        for (ServiceProcess process : ending) {
            try {
                process.awaitStop(interrupted ? Duration.ZERO : STOP);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    private void startModerator() throws IOException {
        ModeratorClient client =
                new ModeratorClient(auth(), settings.run().name(), secrets.hubToken(Account.MODERATOR));
        Thread thread = new Thread(() -> approveWhoWasInvited(client), "moderator");
        thread.setDaemon(true);
        thread.start();
        moderator = thread;
    }

    /** Only the accounts that this suite starts: about anybody else a person decides. */
    private void approveWhoWasInvited(ModeratorClient client) {
        while (!closed) {
            try {
                for (JsonNode request : client.pendingRequests()) {
                    String account = request.path("account").asString("");
                    if (admitted.contains(account)) {
                        client.approve(request.path("id").asString());
                        log.info("Approved {}", account);
                    }
                }
            } catch (IOException e) {
                log.debug("The auth service does not answer the moderator: {}", e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Map<String, String> database(String service) throws IOException {
        Databases open;
        synchronized (this) {
            open = Objects.requireNonNull(databases);
        }
        try {
            return open.settings(service);
        } catch (SQLException e) {
            throw new IOException("The database of " + service + " cannot be made: " + e.getMessage(), e);
        }
    }

    private void writeAddresses() throws IOException {
        addresses().write(folder.path());
    }

    private static URI http(int port) {
        return URI.create("http://" + HOST + ":" + port);
    }

    /** The folder of everything. */
    public Path data() {
        return folder.path();
    }

    /** Log files, for reports. */
    public List<Path> logs() {
        return new ArrayList<>(processes().stream().map(ServiceProcess::log).toList());
    }
}
