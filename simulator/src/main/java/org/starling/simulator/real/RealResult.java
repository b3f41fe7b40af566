package org.starling.simulator.real;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * What a swarm of real processes has done.
 *
 * @param length from the moment at which all began
 * @param peers what each of them counted
 */
public record RealResult(Duration length, List<PeerReport> peers) {
    /**
     * What one process has counted.
     *
     * @param epoch of the heaviest chain
     * @param roundsVoid of its own rounds
     * @param connections that it has opened
     * @param socketBytes both directions of these connections, TLS included, TCP/IP not
     * @param bytes of the calls that it made, requests and replies, by purpose; with what the simulator adds to each
     */
    public record PeerReport(
            long epoch, long roundsVoid, long connections, long socketBytes, Map<String, Long> bytes) {}

    public long epochs() {
        return peers.stream().mapToLong(PeerReport::epoch).max().orElse(0);
    }

    public long roundsVoid() {
        return sum(PeerReport::roundsVoid);
    }

    /** Bytes a second that the average peer sent and received, by purpose; each byte is sent by one and received by another. */
    public Map<String, Double> traffic() {
        Map<String, Double> traffic = new TreeMap<>();
        for (PeerReport peer : peers) {
            peer.bytes().forEach((purpose, bytes) -> traffic.merge(purpose, perPeerAndSecond(bytes), Double::sum));
        }
        return traffic;
    }

    /** Bytes a second of the average peer as the sockets saw them. */
    public double socketTraffic() {
        return perPeerAndSecond(sum(PeerReport::socketBytes));
    }

    private long sum(ToLongFunction<PeerReport> count) {
        return peers.stream().mapToLong(count).sum();
    }

    private double perPeerAndSecond(long bytes) {
        return 2.0 * bytes / peers.size() / (length.toNanos() / 1e9);
    }
}
