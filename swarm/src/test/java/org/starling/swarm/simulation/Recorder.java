package org.starling.swarm.simulation;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.TraceEvent;
import org.starling.swarm.virtual.VirtualNetwork;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.Pull;
import org.starling.swarm.wire.proto.VoteMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/** Writes down what happens: the last events of every peer, and counters for the report. */
final class Recorder implements VirtualNetwork.Observer {
    private static final int TRACED = Integer.getInteger("starling.simulation.trace", 60);

    private final VirtualTime time;
    private final Map<String, Deque<Entry>> traces = new LinkedHashMap<>();
    private final Map<String, long[]> bytes = new TreeMap<>();
    private final Map<String, Values> values = new LinkedHashMap<>();
    private final int peers;
    private long totalSent;

    private record Entry(
            Duration at,
            String from,
            String to,
            String what,
            @Nullable Object detail) {}

    /** A growing list of numbers. */
    private static final class Values {
        private double[] numbers = new double[16];
        private int count;

        void add(double value) {
            if (count == numbers.length) {
                numbers = java.util.Arrays.copyOf(numbers, 2 * count);
            }
            numbers[count++] = value;
        }

        Distribution distribution() {
            return Distribution.of(java.util.Arrays.copyOf(numbers, count));
        }
    }

    Recorder(VirtualTime time, int peers) {
        this.time = time;
        this.peers = peers;
    }

    void measure(String what, double value) {
        values.computeIfAbsent(what, w -> new Values()).add(value);
    }

    Distribution measured(String what) {
        Values found = values.get(what);
        return found == null ? Distribution.of(new double[0]) : found.distribution();
    }

    long totalSent() {
        return totalSent;
    }

    /** Bytes that each peer has sent and received, by purpose. */
    Map<String, long[]> bytes() {
        return bytes;
    }

    void happened(String peer, String what, @Nullable Object detail) {
        trace(peer, new Entry(time.elapsed(), peer, peer, what, detail));
    }

    private void trace(String peer, Entry entry) {
        Deque<Entry> trace = traces.computeIfAbsent(peer, p -> new ArrayDeque<>());
        trace.add(entry);
        if (trace.size() > TRACED) {
            trace.remove();
        }
    }

    @Override
    public void called(VirtualNetwork.Host from, @Nullable String to, MethodDescriptor<?, ?> method, Message request) {
        if (request instanceof GossipRequest gossip && gossip.getRecordsCount() + gossip.getOrdersCount() == 0) {
            // the chatter would push everything else out
            return;
        }
        Entry entry = new Entry(time.elapsed(), from.name, to == null ? "nobody" : to, name(method), request);
        trace(from.name, entry);
        if (to != null) {
            trace(to, entry);
        }
    }

    @Override
    public void answered(
            VirtualNetwork.Host from,
            VirtualNetwork.Host to,
            MethodDescriptor<?, ?> method,
            @Nullable Message reply,
            @Nullable Throwable failure) {
        if (failure != null) {
            Entry entry = new Entry(time.elapsed(), to.name, from.name, name(method) + " refused", failure);
            trace(from.name, entry);
            trace(to.name, entry);
        }
    }

    private static String name(MethodDescriptor<?, ?> method) {
        return String.valueOf(method.getBareMethodName());
    }

    @Override
    public void carried(VirtualNetwork.Host from, VirtualNetwork.@Nullable Host to, String purpose, long count) {
        long[] perPeer = bytes.computeIfAbsent(purpose, p -> new long[peers]);
        perPeer[from.index] += count;
        totalSent += count;
        if (to != null) {
            perPeer[to.index] += count;
        }
    }

    /** The last events of these peers, oldest first. */
    List<TraceEvent> trace(List<String> names) {
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            for (Entry entry : traces.getOrDefault(name, new ArrayDeque<>())) {
                if (entries.stream().noneMatch(other -> other == entry)) {
                    entries.add(entry);
                }
            }
        }
        entries.sort(Comparator.comparing(Entry::at));
        return entries.stream()
                .map(e -> new TraceEvent(e.at(), e.from(), e.to(), e.what() + describe(e.detail())))
                .toList();
    }

    private static String describe(@Nullable Object detail) {
        if (detail instanceof GossipRequest gossip) {
            return " (" + gossip.getItemsCount() + " news, " + gossip.getRecordsCount() + " records, "
                    + gossip.getOrdersCount() + " orders" + (gossip.getPull() != Pull.NOTHING ? ", asks for more" : "")
                    + ")";
        } else if (detail instanceof JoinGroupRequest claim) {
            return " (epoch " + (claim.getRound().getEpoch() + 1) + ", " + claim.getSamples() + " samples)";
        } else if (detail instanceof PartRequest part) {
            return " (part " + part.getPart() + " of member " + part.getMember() + ")";
        } else if (detail instanceof FetchPartRequest part) {
            return " (part " + part.getPart() + ")";
        } else if (detail instanceof VotesMessage votes && votes.getVotesCount() > 0) {
            VoteMessage vote = votes.getVotes(0);
            return vote.getGradientDigest().size() == Digest.BYTES
                    ? " (" + votes.getVotesCount() + ", for "
                            + Digest.of(vote.getGradientDigest()).abbreviated() + ")"
                    : "";
        } else if (detail instanceof Throwable failure) {
            return ": " + failure.getMessage();
        } else if (detail == null || detail instanceof Message) {
            return "";
        }
        return ": " + detail;
    }
}
