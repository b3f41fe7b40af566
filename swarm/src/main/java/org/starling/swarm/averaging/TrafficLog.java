package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a member has moved in an exchange, and when; from it how fast its line is at least. The speed is that of the fastest
 * stretch in which half of the bytes moved: waiting for others at the beginning, and for one slow peer at the end, does not
 * count, and a burst alone is not half.
 */
final class TrafficLog {
    /** With less the figure says how long messages take, and not how much fits the line. */
    static final long MIN_BYTES = 4 << 20;

    private static final long MIN_NANOS = 20_000_000;

    private final List<Moved> log = new ArrayList<>();

    private record Moved(long atNanos, long bytes) {}

    /** Notes that so many bytes have been sent or received until now. Times do not decrease. */
    void moved(long nowNanos, long bytes) {
        log.add(new Moved(nowNanos, bytes));
    }

    /** Bytes a second in each direction, of which there are as many as in the other; empty if too little has moved to tell. */
    OptionalDouble bytesPerSecond() {
        long total = log.stream().mapToLong(Moved::bytes).sum();
        if (total < MIN_BYTES) {
            return OptionalDouble.empty();
        }
        double best = 0;
        long inside = 0;
        int first = 0;
        for (int last = 0; last < log.size(); last++) {
            inside += log.get(last).bytes();
            // what stands at a time has moved before it, so the stretch begins with the one before its first
            while (first <= last && inside - log.get(first).bytes() >= total / 2) {
                inside -= log.get(first).bytes();
                first++;
            }
            if (inside >= total / 2 && first > 0) {
                long nanos = log.get(last).atNanos() - log.get(first - 1).atNanos();
                best = Math.max(best, inside / (double) Math.max(nanos, MIN_NANOS));
            }
        }
        return best == 0 ? OptionalDouble.empty() : OptionalDouble.of(best * 1e9 / 2);
    }
}
