package org.starling.benchmarks.averaging;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.starling.benchmarks.measure.Waiting;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.Gradient;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.ThreadScheduler;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.SwarmServer;
import org.starling.swarm.wire.SwarmService;

/** Whole nodes over real sockets that train a toy at a steady pace, watched from outside. */
final class LiveSwarm implements AutoCloseable {
    private static final String RUN = "benchmark/latency";
    private static final double SAMPLES_PER_SECOND = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofMillis(1);

    private final List<Peer> peers = new ArrayList<>();
    private final long target;

    /** Milliseconds from due to the first, and the last, peer's step. */
    record Epoch(double firstCommitMillis, double lastCommitMillis) {}

    private static final class Peer {
        final AtomicLong epoch = new AtomicLong();
        final AtomicLong steppedAtNanos = new AtomicLong();
        final Pace pace;
        final AutoCloseable[] parts;
        final SwarmServer server;

        Peer(Pace pace, SwarmServer server, AutoCloseable... parts) {
            this.pace = pace;
            this.server = server;
            this.parts = parts;
        }
    }

    /** Samples that come at a steady pace, all of them with the same gradient. */
    private static final class Pace implements GradientSource {
        private final int elements;
        private final AtomicLong taken = new AtomicLong();
        private final long sinceNanos = System.nanoTime();

        Pace(int elements) {
            this.elements = elements;
        }

        private long computed() {
            return (long) ((System.nanoTime() - sinceNanos) / 1e9 * SAMPLES_PER_SECOND);
        }

        @Override
        public long samples() {
            return computed() - taken.get();
        }

        @Override
        public double samplesPerSecond() {
            return SAMPLES_PER_SECOND;
        }

        @Override
        public double trainingLoss() {
            return 1;
        }

        @Override
        public String device() {
            return "none";
        }

        @Override
        public CompletableFuture<Optional<Gradient>> drain() {
            long samples = discard();
            return CompletableFuture.completedFuture(
                    samples < 1 ? Optional.empty() : Optional.of(new Gradient(new float[elements], samples)));
        }

        @Override
        public void giveBack(Gradient gradient) {
            taken.addAndGet(-gradient.samples());
        }

        @Override
        public long discard() {
            long samples = samples();
            taken.addAndGet(samples);
            return samples;
        }
    }

    /** @param length that an epoch takes to compute */
    LiveSwarm(int count, int elements, Duration length) throws IOException {
        target = Math.round(count * SAMPLES_PER_SECOND * length.toMillis() / 1e3);
        TestAuthority authority = new TestAuthority(RUN);
        for (int i = 0; i < count; i++) {
            peers.add(start(authority, "account" + i, elements));
        }
    }

    private Peer start(TestAuthority authority, String account, int elements) throws IOException {
        RunConfiguration run = new RunConfiguration(
                RUN, "toy", Map.of(), target, AveragingSettings.defaults(), MembershipSettings.defaults());
        PeerIdentity identity = PeerIdentity.create();
        ThreadScheduler scheduler = new ThreadScheduler(2);
        TrustedAuthority trusted = authority.trusted();
        Credentials credentials = new Credentials(
                identity,
                authority.verifier(scheduler),
                authority.issue(identity, account, Set.of(Role.TRAINER), Instant.now()));
        SwarmService service = new SwarmService(scheduler);
        SwarmServer server = SwarmServer.start(new InetSocketAddress("127.0.0.1", 0), identity, service);
        GrpcTransport transport = new GrpcTransport(credentials, scheduler);
        Pace pace = new Pace(elements);
        SwarmNode node = new SwarmNode(
                run,
                new NodeSettings(
                        "127.0.0.1:" + server.port(),
                        Set.of(Role.TRAINER),
                        peers.stream()
                                .limit(2)
                                .map(peer -> new Endpoint("127.0.0.1:" + peer.server.port(), null))
                                .toList(),
                        List.of(),
                        1e8,
                        "benchmark"),
                credentials,
                () -> trusted,
                List.of(),
                Optional.of(new ToyReplica(elements)),
                Optional.of(pace),
                transport,
                scheduler);
        Peer peer = new Peer(pace, server, node, server, transport, scheduler);
        node.addListener(new NodeListener() {
            @Override
            public void replicaAdvanced(long generation, StateReference state) {
                peer.steppedAtNanos.set(System.nanoTime());
                peer.epoch.set(state.epoch());
            }
        });
        service.open(credentials, node.handler());
        node.start();
        return peer;
    }

    private boolean allAt(long epoch) {
        return peers.stream().allMatch(peer -> peer.epoch.get() >= epoch);
    }

    private long newest() {
        return peers.stream().mapToLong(peer -> peer.epoch.get()).max().orElse(0);
    }

    /** Waits until everybody is in so many epochs more at the same time as the others. */
    void awaitEpochsOfAll(int epochs) throws InterruptedException {
        for (int i = 0; i < epochs; i++) {
            long next = newest() + 1;
            await(() -> allAt(next));
        }
    }

    /** Watches so many epochs; call it when the peers are together. */
    List<Epoch> measure(int epochs) throws InterruptedException {
        List<Epoch> measured = new ArrayList<>();
        while (measured.size() < epochs) {
            long next = newest() + 1;
            await(() -> allAt(next - 1));
            if (computed() >= target) {
                // due before everybody was there; the next one, then
                await(() -> allAt(next));
                continue;
            }
            await(() -> computed() >= target);
            long due = System.nanoTime();
            await(() -> allAt(next));
            long first = Long.MAX_VALUE;
            long last = 0;
            for (Peer peer : peers) {
                first = Math.min(first, peer.steppedAtNanos.get());
                last = Math.max(last, peer.steppedAtNanos.get());
            }
            measured.add(new Epoch((first - due) / 1e6, (last - due) / 1e6));
        }
        return measured;
    }

    private long computed() {
        return peers.stream().mapToLong(peer -> peer.pace.samples()).sum();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Waiting.until(condition, PAUSE, PATIENCE);
    }

    @Override
    public void close() throws Exception {
        for (Peer peer : peers) {
            for (AutoCloseable part : peer.parts) {
                part.close();
            }
        }
    }
}
