package org.starling.swarm.run;

import java.time.Duration;
import org.starling.swarm.compression.Codec;

/**
 * How gradients are averaged. What a configuration file leaves out (null or zero) takes its default.
 *
 * @param codec how gradients travel: {@code none}, {@code float16}, {@code uniform8}, {@code blockwise8} (the default), {@code
 *     blockwise4} or {@code size-adaptive}; see {@link Codec}
 * @param partElements float32 elements of one part; default 126,976, which with what is around them take a little less than 512 KiB
 *     uncompressed
 * @param partsInFlight parts that a member keeps under way to one reducer at once, at most; default 64
 * @param bytesInFlight encoded parts that a member keeps under way to all reducers together, but at least one to each; with it
 *     grows the memory of senders and reducers alike; default 8 MiB, enough for 1 Gbit/s and 65 ms there and back
 * @param matchmakingWindow how long a leader waits for the members that it expects; default 3 s
 * @param partTimeout silence after which a sender or a reducer is left out of the round; default 5 s
 * @param roundTimeout after this a round is void whatever happens; default 60 s
 * @param quorumNumerator with the denominator the share of members that must report one digest; default 2 of 3
 * @param maxGroupSize members of one group at most; default 64
 * @param errorFeedback whether a peer adds what the codec left out of its gradient to the next one; default no
 */
public record AveragingSettings(
        String codec,
        int partElements,
        int partsInFlight,
        long bytesInFlight,
        Duration matchmakingWindow,
        Duration partTimeout,
        Duration roundTimeout,
        int quorumNumerator,
        int quorumDenominator,
        int maxGroupSize,
        boolean errorFeedback) {
    private static final String DEFAULT_CODEC = "blockwise8";
    private static final Duration DEFAULT_WINDOW = Duration.ofSeconds(3);
    private static final Duration DEFAULT_PART_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration DEFAULT_ROUND_TIMEOUT = Duration.ofSeconds(60);
    private static final int MAX_PART_ELEMENTS = 1 << 19;

    /**
     * Whole blocks of 4,096, as many as fit into half of a region of G1's, if that has 1 MiB, with the message that carries them. An array
     * that is larger has a region to itself, so that every part under way would take twice its size.
     */
    private static final int DEFAULT_PART_ELEMENTS = 31 * 4096;

    public AveragingSettings {
        codec = codec == null ? DEFAULT_CODEC : codec;
        Checks.require(
                Codec.names().contains(codec), "averaging.codec", codec, "one of " + String.join(", ", Codec.names()));
        partElements = partElements == 0 ? DEFAULT_PART_ELEMENTS : partElements;
        Checks.require(
                partElements >= 1 && partElements <= MAX_PART_ELEMENTS,
                "averaging.partElements",
                partElements,
                "from 1 to " + MAX_PART_ELEMENTS);
        partsInFlight = partsInFlight == 0 ? 64 : partsInFlight;
        Checks.require(
                partsInFlight >= 1 && partsInFlight <= 256, "averaging.partsInFlight", partsInFlight, "from 1 to 256");
        bytesInFlight = bytesInFlight == 0 ? 8L << 20 : bytesInFlight;
        Checks.require(
                bytesInFlight >= 1 && bytesInFlight <= 1L << 30,
                "averaging.bytesInFlight",
                bytesInFlight,
                "from 1 to " + (1L << 30));
        matchmakingWindow = Checks.positive(matchmakingWindow, DEFAULT_WINDOW, "averaging.matchmakingWindow");
        partTimeout = Checks.positive(partTimeout, DEFAULT_PART_TIMEOUT, "averaging.partTimeout");
        roundTimeout = Checks.positive(roundTimeout, DEFAULT_ROUND_TIMEOUT, "averaging.roundTimeout");
        quorumNumerator = quorumNumerator == 0 ? 2 : quorumNumerator;
        quorumDenominator = quorumDenominator == 0 ? 3 : quorumDenominator;
        Checks.require(
                quorumNumerator * 2 > quorumDenominator && quorumNumerator <= quorumDenominator,
                "averaging.quorum",
                quorumNumerator + "/" + quorumDenominator,
                "more than one half and at most one");
        maxGroupSize = maxGroupSize == 0 ? 64 : maxGroupSize;
        Checks.require(maxGroupSize >= 1 && maxGroupSize <= 64, "averaging.maxGroupSize", maxGroupSize, "from 1 to 64");
    }

    /** The same but for the part timeout. */
    public AveragingSettings withPartTimeout(Duration timeout) {
        return new AveragingSettings(
                codec,
                partElements,
                partsInFlight,
                bytesInFlight,
                matchmakingWindow,
                timeout,
                roundTimeout,
                quorumNumerator,
                quorumDenominator,
                maxGroupSize,
                errorFeedback);
    }

    public static AveragingSettings defaults() {
        return new AveragingSettings(
                DEFAULT_CODEC, 0, 0, 0, DEFAULT_WINDOW, DEFAULT_PART_TIMEOUT, DEFAULT_ROUND_TIMEOUT, 0, 0, 0, false);
    }

    /** The votes for one digest that commit a round of this many members. */
    public int quorum(int members) {
        return (members * quorumNumerator + quorumDenominator - 1) / quorumDenominator;
    }
}
