package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a simulation has shown. All times but {@code wall} are virtual.
 *
 * @param eventHash of every event in order: two runs with the same hash were the same run
 * @param epochs on the heaviest chain, each of one round
 * @param unsignedEpochs how many of them never got their signatures, although others have gone on from them
 * @param roundsVoid reasons, with how many members' rounds ended so
 * @param samples what became of the samples
 * @param forks times in which honest peers stood on different chains
 * @param viewOfJoiners seconds from a peer's start until it knew every reachable peer that was up
 * @param joinersSeen seconds from a peer's start until every peer that was up knew it
 * @param traffic bytes that one peer sent and received in a second of its life, by purpose
 * @param waits seconds that trainers spent in each phase of a round, one by one
 * @param timeline how the run went, at even intervals
 * @param violation the invariant that failed, with what led to it; empty if all held
 */
public record SimulationResult(
        Scenario scenario,
        long seed,
        int peers,
        Duration simulated,
        Duration wall,
        long events,
        String eventHash,
        long epochs,
        long unsignedEpochs,
        Map<String, Long> roundsVoid,
        Samples samples,
        List<Fork> forks,
        Distribution viewOfJoiners,
        Distribution joinersSeen,
        Map<String, Distribution> traffic,
        Map<String, Distribution> waits,
        List<Moment> timeline,
        Optional<Violation> violation) {
    /**
     * @param computed by trainers in their lives
     * @param committed credited in records of the heaviest chain
     * @param pending accumulated and not averaged when the simulation ended
     * @param lost by cause
     */
    public record Samples(long computed, long committed, long pending, Map<String, Long> lost) {}

    /**
     * @param began when two honest peers first stood on different chains
     * @param lasted until they stood on one again; empty if they did not
     * @param samples that the chains given up had committed
     */
    public record Fork(Duration began, Optional<Duration> lasted, long samples) {}

    /** Of a sample of numbers; all zero for an empty one. */
    public record Distribution(long count, double mean, double median, double p95, double max) {
        public static Distribution of(double[] values) {
            if (values.length == 0) {
                return new Distribution(0, 0, 0, 0, 0);
            }
            double[] sorted = values.clone();
            java.util.Arrays.sort(sorted);
            return new Distribution(
                    sorted.length,
                    java.util.Arrays.stream(sorted).average().orElse(0),
                    sorted[sorted.length / 2],
                    sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95))],
                    sorted[sorted.length - 1]);
        }
    }

    /**
     * @param up peers that are running
     * @param training those of them that stand on the heaviest chain
     * @param epoch of the heaviest chain
     * @param states different states that honest peers are in
     * @param computed samples so far, by all trainers that say what they did
     * @param committed samples so far, on the heaviest chain
     * @param bytesPerSecond sent by the average peer since the moment before
     * @param knownPeers that the average peer knows
     */
    public record Moment(
            Duration at,
            int up,
            int training,
            long epoch,
            int states,
            long computed,
            long committed,
            double bytesPerSecond,
            double knownPeers) {}

    /**
     * @param invariant its name
     * @param what in a sentence, what was seen
     * @param peers the peers concerned, by name
     * @param trace the last events of these peers, oldest first
     */
    public record Violation(String invariant, String what, Duration at, List<String> peers, List<TraceEvent> trace) {}

    /**
     * One event of the trace.
     *
     * @param from who acted
     * @param to who was called; the same as {@code from} for something that happened to it alone
     * @param what the call or what happened
     */
    public record TraceEvent(Duration at, String from, String to, String what) {}
}
