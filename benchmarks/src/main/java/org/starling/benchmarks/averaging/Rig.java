package org.starling.benchmarks.averaging;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.averaging.AveragedGradient;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.Endpoint;

/** Peers that average gradients, and the bare streams to compare them with. */
final class Rig implements AutoCloseable {
    static final String RUN = "benchmark/averaging";
    static final long SAMPLES = 10;
    /** So long that everybody is there, however busy the machine is. */
    private static final Duration MEETING = Duration.ofSeconds(40);

    private static final Duration ROUND_TIMEOUT = Duration.ofMinutes(5);

    private static final AveragingSettings DEFAULTS = AveragingSettings.defaults();

    private final Setup setup;
    private final List<BenchmarkPeer> peers = new ArrayList<>();
    private final List<float[]> gradients = new ArrayList<>();
    private final BareStreams bare;
    private final LeastWork leastWork;
    private final List<Map<String, String>> ways = new ArrayList<>();
    private @Nullable Links links;
    private long epoch;

    /** What is measured. */
    record Setup(int peers, int elements, String codec, Links.@Nullable Shape link) {
        /** Bytes of heap that the peers' gradients and results take, and some more. */
        long heapBytes() {
            return peers * (2L * elements * Float.BYTES + (32L << 20));
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d peers, %,d parameters, %s, %s",
                    peers,
                    elements,
                    codec,
                    link == null ? "loopback" : link.name());
        }
    }

    /**
     * Of the rounds measured the median.
     *
     * @param bytes of messages that the peers have sent, all together
     * @param bareSeconds what bare streams took for the same bytes
     * @param cpuSeconds of the whole process
     * @param leastWorkSeconds what the codec, the sums and the digests of all peers took on all processors, when nothing else was done
     * @param memoryOfPeer bytes that a peer holds at the worst moment of a round beyond its gradient and the result: of what the
     *     whole process holds, its part; empty where relays hold bytes as well
     */
    record Measurement(
            Setup setup,
            double seconds,
            long bytes,
            double bareSeconds,
            double cpuSeconds,
            double bareCpuSeconds,
            double leastWorkSeconds,
            OptionalLong memoryOfPeer) {}

    private record Timed(double seconds, double cpuSeconds) {}

    Rig(Setup setup) throws IOException, InterruptedException {
        this.setup = setup;
        RunConfiguration run = run(setup.peers(), setup.codec());
        TestAuthority authority = new TestAuthority(RUN);
        int workers = Runtime.getRuntime().availableProcessors();
        for (int i = 0; i < setup.peers(); i++) {
            Map<String, String> detours = new ConcurrentHashMap<>();
            ways.add(detours);
            UnaryOperator<Endpoint> way =
                    to -> new Endpoint(detours.getOrDefault(to.address(), to.address()), to.peer());
            peers.add(new BenchmarkPeer(
                    run, authority, PeerIdentity.create(), "account" + i, setup.elements(), workers, way));
            gradients.add(gradient(setup.elements(), i));
        }
        for (BenchmarkPeer peer : peers) {
            peers.stream().filter(other -> other != peer).forEach(other -> peer.knows(other.card()));
        }
        this.bare = new BareStreams(peers.get(0).identity());
        this.leastWork = new LeastWork(setup.peers(), gradients.get(0), setup.codec());
        if (setup.link() != null) {
            links = new Links(setup.link(), setup.peers());
            for (int from = 0; from < peers.size(); from++) {
                for (int to = 0; to < peers.size(); to++) {
                    if (from != to) {
                        String address = peers.get(to).address();
                        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
                        ways.get(from).put(address, "127.0.0.1:" + links.between(from, to, port));
                    }
                }
            }
        }
    }

    static RunConfiguration run(int peers, String codec) {
        return new RunConfiguration(
                RUN,
                "none",
                Map.of(),
                peers * SAMPLES,
                new AveragingSettings(codec, 0, 0, 0, MEETING, DEFAULTS.partTimeout(), ROUND_TIMEOUT, 0, 0, 0, false),
                MembershipSettings.defaults());
    }

    /** Normally distributed values. */
    static float[] gradient(int elements, int seed) {
        // one sequence of chance repeated, from another place for every peer: drawing all would take longer than a
        // round
        Random random = new Random(seed);
        float[] values = new float[elements];
        int drawn = Math.min(values.length, 1 << 18);
        for (int i = 0; i < drawn; i++) {
            values[i] = (float) random.nextGaussian() * 1e-3f;
        }
        for (int done = drawn; done < values.length; done += drawn) {
            System.arraycopy(values, 0, values, done, Math.min(drawn, values.length - done));
        }
        return values;
    }

    void warmUp(int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            average();
            bare.carry(loads());
        }
    }

    Measurement measure(int rounds) throws Exception {
        average();
        List<Timed> averaging = new ArrayList<>();
        List<Timed> streaming = new ArrayList<>();
        List<Double> working = new ArrayList<>();
        List<BareStreams.Load> loads = loads();
        bare.carry(loads);
        leastWork.seconds();
        for (int i = 0; i < rounds; i++) {
            averaging.add(average());
            loads = loads();
            double cpu = cpuSeconds();
            double seconds = bare.carry(loads);
            streaming.add(new Timed(seconds, cpuSeconds() - cpu));
            working.add(leastWork.seconds());
        }
        return new Measurement(
                setup,
                median(averaging.stream().mapToDouble(Timed::seconds).toArray()),
                loads.stream().mapToLong(load -> load.there() + load.back()).sum(),
                median(streaming.stream().mapToDouble(Timed::seconds).toArray()),
                median(averaging.stream().mapToDouble(Timed::cpuSeconds).toArray()),
                median(streaming.stream().mapToDouble(Timed::cpuSeconds).toArray()),
                median(working.stream().mapToDouble(Double::doubleValue).toArray()),
                links == null ? OptionalLong.of(memoryOfPeer()) : OptionalLong.empty());
    }

    /** Of one more round, which is slower for being watched. */
    private long memoryOfPeer() throws Exception {
        // the result of the round before would count as held before this one, and is let go in it
        peers.forEach(BenchmarkPeer::forget);
        MemoryWatch.Peak peak = MemoryWatch.peak(this::average);
        return peak.total() / setup.peers() - (long) setup.elements() * Float.BYTES;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static double cpuSeconds() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime() / 1e9;
    }

    /** One round, from the manifest to the outcome of the last peer. */
    private Timed average() throws Exception {
        peers.forEach(BenchmarkPeer::forget);
        RoundKey key = new RoundKey(0, epoch++, Digest.ZERO, Digest.ZERO);
        List<CompletableFuture<Group>> meetings =
                peers.stream().map(peer -> peer.meet(key, SAMPLES)).toList();
        List<Group> groups = new ArrayList<>();
        for (CompletableFuture<Group> meeting : meetings) {
            groups.add(meeting.get(1, TimeUnit.MINUTES));
        }
        if (groups.get(0).members().size() != setup.peers()) {
            throw new IllegalStateException("Only met as " + groups.get(0));
        }
        peers.forEach(peer -> peer.transport().forget());
        double cpu = cpuSeconds();
        long began = System.nanoTime();
        List<CompletableFuture<Round.Outcome>> ends = new ArrayList<>();
        for (int i = 0; i < peers.size(); i++) {
            ends.add(peers.get(i).average(groups.get(i), gradients.get(i)));
        }
        List<Round.Outcome> outcomes = new ArrayList<>();
        for (CompletableFuture<Round.Outcome> end : ends) {
            outcomes.add(end.get(10, TimeUnit.MINUTES));
        }
        Timed timed = new Timed((System.nanoTime() - began) / 1e9, cpuSeconds() - cpu);
        requireRight(outcomes);
        return timed;
    }

    private void requireRight(List<Round.Outcome> outcomes) {
        List<AveragedGradient> results = new ArrayList<>();
        for (Round.Outcome outcome : outcomes) {
            if (!(outcome instanceof Round.Outcome.Committed committed)) {
                throw new IllegalStateException("A round was not committed: " + outcome);
            }
            results.add(committed.gradient());
        }
        AveragedGradient first = results.get(0);
        if (results.stream().anyMatch(result -> !result.digest().equals(first.digest()))
                || first.includedFully().cardinality() != setup.peers()) {
            throw new IllegalStateException("The peers have different results, or not everybody's gradient is in them");
        }
        Random random = new Random(epoch);
        for (int probe = 0; probe < 1000; probe++) {
            int index = random.nextInt(setup.elements());
            double mean =
                    gradients.stream().mapToDouble(g -> g[index]).average().orElseThrow();
            if (setup.codec().equals("none") && Math.abs(first.values()[index] - mean) > 1e-8) {
                throw new IllegalStateException("Value " + index + " is " + first.values()[index] + ", not " + mean);
            }
        }
    }

    /** What the last round has carried, by connection. */
    private List<BareStreams.Load> loads() {
        List<BareStreams.Load> loads = new ArrayList<>();
        for (BenchmarkPeer peer : peers) {
            for (BenchmarkPeer other : peers) {
                if (other != peer) {
                    CountingTransport.Traffic traffic = peer.transport().with(other.address());
                    loads.add(new BareStreams.Load(traffic.there.get(), traffic.back.get()));
                }
            }
        }
        return loads;
    }

    @Override
    public void close() throws IOException {
        bare.close();
        leastWork.close();
        peers.forEach(BenchmarkPeer::close);
        if (links != null) {
            links.close();
        }
    }
}
