package org.starling.simulator.real;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.starling.simulator.scenario.InvalidScenarioException;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.Replica;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.ToyGradients;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;

/**
 * A process of {@link RealSwarm}: one peer, which its parent tells over standard input what to do. It says {@code port n},
 * begins at {@code start address,address}, answers {@code report}, and ends when its input does.
 */
final class RealPeer {
    static final String RUN = "simulated/run";

    private RealPeer() {}

    /** @param arguments the folder with identities and tokens, the peer's number, the scenario, the group's name */
    public static void main(String[] arguments) throws IOException, InvalidScenarioException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Path folder = Path.of(arguments[0]);
        int number = Integer.parseInt(arguments[1]);
        Scenario scenario = ScenarioLibrary.find(arguments[2]).scenario();
        PeerGroup group = scenario.groups().stream()
                .filter(g -> g.name().equals(arguments[3]))
                .findFirst()
                .orElseThrow();

        ThreadScheduler scheduler = new ThreadScheduler(1);
        TrustedAuthority authority =
                TrustedAuthority.ofJwks(TestAuthority.ISSUER, Files.readString(folder.resolve(RealSwarm.KEYS)));
        PeerIdentity identity = PeerIdentity.load(folder.resolve(RealSwarm.identity(number)));
        TokenVerifier verifier = new TokenVerifier(() -> authority, RUN, scheduler);
        Credentials credentials = new Credentials(
                identity, verifier, verifier.verify(Files.readString(folder.resolve(RealSwarm.token(number)))));
        SwarmService service = new SwarmService(scheduler);
        SwarmServer server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), identity, service);
        out.println("port " + server.port());

        String start = commands.readLine();
        if (start != null) {
            List<Endpoint> entryPoints = Stream.of(start.split(" ", 2)[1].split(","))
                    .filter(address -> !address.isEmpty())
                    .map(address -> new Endpoint(address, null))
                    .toList();
            TrafficCounter traffic = new TrafficCounter();
            boolean trains = group.role() == Scenario.Role.TRAINER;
            ToyReplica replica = new ToyReplica(scenario.run().elements());
            SwarmNode node = new SwarmNode(
                    new RunConfiguration(
                            RUN,
                            "simulated",
                            Map.of(),
                            scenario.run().targetBatchSize(),
                            scenario.run().maxSamplesPerSecond(),
                            scenario.run().averaging(),
                            scenario.run().membership()),
                    new NodeSettings(
                            "127.0.0.1:" + server.port(),
                            Set.of(trains ? Role.TRAINER : Role.AUXILIARY),
                            entryPoints,
                            List.of(),
                            middle(group.upload()),
                            "simulated"),
                    credentials,
                    () -> authority,
                    List.of(),
                    trains ? Optional.<Replica>of(replica) : Optional.empty(),
                    trains
                            ? Optional.<GradientSource>of(
                                    new ToyGradients(replica, scheduler, middle(group.speed()), number))
                            : Optional.empty(),
                    new GrpcTransport(credentials, scheduler, traffic::count),
                    scheduler);
            service.open(credentials, node.handler());
            node.start();
            for (String command = commands.readLine(); command != null; command = commands.readLine()) {
                if (command.equals("report")) {
                    out.println(report(node, traffic));
                }
            }
        }
        System.exit(0);
    }

    private static double middle(Scenario.Range range) {
        return (range.min() + range.max()) / 2;
    }

    /** {@code epoch=3 void=0 connections=11 sockets=12345 bytes.gradients=1000}. */
    private static String report(SwarmNode node, TrafficCounter traffic) {
        StringBuilder report = new StringBuilder("epoch=%d void=%d connections=%d sockets=%d"
                .formatted(
                        node.status().head().map(EpochRecord::epoch).orElse(0L),
                        node.status().roundsVoid(),
                        traffic.connections(),
                        traffic.socketBytes()));
        traffic.bytes()
                .forEach((purpose, bytes) ->
                        report.append(" bytes.").append(purpose).append('=').append(bytes));
        return report.toString();
    }
}
