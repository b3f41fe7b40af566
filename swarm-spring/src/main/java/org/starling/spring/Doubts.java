package org.starling.spring;

import java.time.Duration;
import java.time.Instant;

/**
 * How often what other peers say is worth asking the auth service about. Some of them may lie, each call of theirs may raise the
 * same doubt, and a swarm has many peers: the pause between two questions begins with a minute, and doubles up to an hour while
 * the answers show that the doubts were for nothing. Safe for use by several threads.
 */
final class Doubts {
    private static final Duration SHORTEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private Duration pause = SHORTEST_PAUSE;
    private Instant next = Instant.MIN;

    /** Hears of a doubt. Whether it is to be asked about now. */
    synchronized boolean isWorthAsking(Instant now) {
        if (now.isBefore(next)) {
            return false;
        }
        next = now.plus(pause);
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        return true;
    }

    /** An answer has brought something new. */
    synchronized void wereRight() {
        pause = SHORTEST_PAUSE;
    }
}
