package org.starling.swarm.membership;

import java.time.Duration;
import org.starling.swarm.run.MembershipSettings;

/**
 * How often a peer gives a sign of life if nothing else makes it speak: so seldom that everybody hears four words a second
 * of the whole swarm, however large it is.
 *
 * @param interval between two words of one peer
 * @param lifetime how long such a word counts
 */
record Pace(Duration interval, Duration lifetime) {
    private static final Duration SHARE_PER_PEER = Duration.ofMillis(250);
    private static final int INTERVALS_PER_LIFETIME = 4;

    /** @param peers in the swarm, as far as the author knows */
    static Pace of(int peers, MembershipSettings settings) {
        Duration interval = larger(settings.heartbeat(), SHARE_PER_PEER.multipliedBy(peers));
        Duration longest = News.MAX_LIFETIME.dividedBy(INTERVALS_PER_LIFETIME);
        interval = interval.compareTo(longest) < 0 ? interval : longest;
        return new Pace(interval, larger(settings.lifetime(), interval.multipliedBy(INTERVALS_PER_LIFETIME)));
    }

    /** The least time between two words that only correct an estimate. */
    Duration correction(MembershipSettings settings) {
        return larger(settings.heartbeat(), interval.dividedBy(INTERVALS_PER_LIFETIME));
    }

    private static Duration larger(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
