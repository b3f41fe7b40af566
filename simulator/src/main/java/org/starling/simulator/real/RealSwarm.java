package org.starling.simulator.real;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.simulator.real.RealResult.PeerReport;
import org.starling.simulator.scenario.ScenarioFile;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.testing.TestAuthority;

/** A scenario with one process for each peer, on loopback. Only what can be real is: no churn, no faults, no liars. */
public final class RealSwarm implements AutoCloseable {
    static final String KEYS = "jwks.json";
    private static final int MAX_PEERS = 24;
    private static final int ENTRY_POINTS = 3;
    private static final int LOG_LINES = 20;
    private static final Duration TELLING = Duration.ofSeconds(5);

    private final Path folder;
    private final List<Child> children = new ArrayList<>();

    private record Child(Process process, BufferedReader output, Writer input, Path log, PeerGroup group) {
        void tell(String line) throws IOException {
            try {
                input.write(line + "\n");
                input.flush();
            } catch (IOException e) {
                throw ended(e);
            }
        }

        /** The next line that the process says. */
        String hear() throws IOException {
            String line = output.readLine();
            if (line == null) {
                throw ended(null);
            }
            return line;
        }

        private IOException ended(@Nullable IOException cause) throws IOException {
            String said = Files.readString(log).lines().limit(LOG_LINES).collect(Collectors.joining("\n"));
            return new IOException("A peer's process ended: " + said, cause);
        }
    }

    private RealSwarm(Path folder) {
        this.folder = folder;
    }

    static String identity(int number) {
        return "peer-" + number + ".pem";
    }

    static String token(int number) {
        return "peer-" + number + ".token";
    }

    /** Why a scenario cannot be run with so many real processes; null if it can. */
    public static @Nullable String refusal(Scenario scenario, int peers) {
        boolean still = scenario.faults().isEmpty()
                && scenario.groups().stream()
                        .allMatch(group -> group.churn() == null
                                && group.lie() == null
                                && group.reachable() == 1
                                && group.joins().max() == 0);
        if (!still) {
            return "With --real a scenario must have no faults, and groups that are there from the start, stay, are"
                    + " reachable and do not lie; try --scenario twelve.";
        }
        return peers < 2 || peers > MAX_PEERS
                ? "With --real from 2 to " + MAX_PEERS + " peers are possible, not " + peers + "."
                : null;
    }

    /**
     * Runs the scenario.
     *
     * @param file as {@link #refusal} allows it
     * @param progress told now and then how far it is
     * @throws IOException if a process cannot be started, or ends
     */
    public static RealResult run(ScenarioFile file, int peers, Consumer<String> progress)
            throws IOException, InterruptedException {
        try (RealSwarm swarm = new RealSwarm(Files.createTempDirectory("starling-real"))) {
            swarm.createPeers(file, peers);
            swarm.startTogether();
            swarm.await(file.length(), progress);
            return swarm.collect(file.length());
        }
    }

    private void createPeers(ScenarioFile file, int peers) throws IOException {
        TestAuthority authority = new TestAuthority(RealPeer.RUN);
        Files.writeString(folder.resolve(KEYS), AuthorityKey.toJwks(List.of(authority.key())));
        double shares =
                file.scenario().groups().stream().mapToDouble(PeerGroup::share).sum();
        double sum = 0;
        for (PeerGroup group : file.scenario().groups()) {
            sum += group.share();
            while (children.size() < Math.round(peers * sum / shares)) {
                int number = children.size();
                PeerIdentity identity = PeerIdentity.loadOrCreate(folder.resolve(identity(number)));
                Role role = group.role() == Scenario.Role.TRAINER ? Role.TRAINER : Role.AUXILIARY;
                Files.writeString(
                        folder.resolve(token(number)),
                        authority
                                .issue(identity, group.name() + "-" + number, Set.of(role), Instant.now())
                                .compact());
                children.add(start(number, file.source(), group));
            }
        }
    }

    private Child start(int number, String scenario, PeerGroup group) throws IOException {
        Path log = folder.resolve("peer-" + number + ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-Xss512k",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Djava.net.preferIPv4Stack=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RealPeer.class.getName(),
                        folder.toString(),
                        String.valueOf(number),
                        scenario,
                        group.name())
                .redirectError(log.toFile())
                .start();
        return new Child(
                process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)),
                log,
                group);
    }

    /** Newcomers ask the entry points of the scenario or, where it has none, the first few peers. */
    private void startTogether() throws IOException {
        Map<Child, String> addresses = new HashMap<>();
        for (Child child : children) {
            addresses.put(child, "127.0.0.1:" + child.hear().split(" ", 2)[1]);
        }
        List<Child> known = children.stream()
                .filter(child -> child.group().role() == Scenario.Role.ENTRY_POINT)
                .toList();
        List<Child> asked = known.isEmpty() ? children : known;
        for (Child child : children) {
            child.tell("start "
                    + asked.stream()
                            .filter(other -> other != child)
                            .limit(ENTRY_POINTS)
                            .map(addresses::get)
                            .collect(Collectors.joining(",")));
        }
    }

    private void await(Duration length, Consumer<String> progress) throws IOException, InterruptedException {
        long end = System.nanoTime() + length.toNanos();
        for (long left = length.toNanos(); left > 0; left = end - System.nanoTime()) {
            Thread.sleep(1 + Math.min(left, TELLING.toNanos()) / 1_000_000);
            Child first = children.get(0);
            first.tell("report");
            progress.accept("%d real peers at epoch %d, %d s to go"
                    .formatted(
                            children.size(),
                            parse(first.hear()).epoch(),
                            Math.max(0, (end - System.nanoTime()) / 1_000_000_000)));
        }
    }

    private RealResult collect(Duration length) throws IOException {
        for (Child child : children) {
            child.tell("report");
        }
        List<PeerReport> reports = new ArrayList<>();
        for (Child child : children) {
            reports.add(parse(child.hear()));
        }
        return new RealResult(length, reports);
    }

    static PeerReport parse(String line) {
        Map<String, Long> values = Stream.of(line.split(" "))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(field -> field[0], field -> Long.parseLong(field[1])));
        Map<String, Long> bytes = new TreeMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith("bytes.")) {
                bytes.put(name.substring("bytes.".length()), value);
            }
        });
        return new PeerReport(
                values.getOrDefault("epoch", 0L),
                values.getOrDefault("void", 0L),
                values.getOrDefault("connections", 0L),
                values.getOrDefault("sockets", 0L),
                bytes);
    }

    /** Ends the processes, and deletes what was written for them. */
    @Override
    public void close() throws IOException {
        for (Child child : children) {
            child.process().destroyForcibly();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
