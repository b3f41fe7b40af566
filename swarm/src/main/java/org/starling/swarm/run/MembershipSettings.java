package org.starling.swarm.run;

import java.time.Duration;

/**
 * How peers learn of each other. What a configuration file leaves out (null or zero) takes its default.
 *
 * @param heartbeat how often a peer says that it is alive and how far it is; default 2 s
 * @param lifetime how long such a word counts; default 8 s, so that three may be lost
 * @param fanout partners that fresh news is pushed to at once; default 3
 */
public record MembershipSettings(Duration heartbeat, Duration lifetime, int fanout) {
    private static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(2);

    public MembershipSettings {
        heartbeat = Checks.positive(heartbeat, DEFAULT_HEARTBEAT, "membership.heartbeat");
        lifetime = Checks.positive(lifetime, heartbeat.multipliedBy(4), "membership.lifetime");
        Checks.require(
                lifetime.compareTo(heartbeat.multipliedBy(2)) >= 0,
                "membership.lifetime",
                lifetime,
                "at least two heartbeats, " + heartbeat.multipliedBy(2));
        fanout = fanout == 0 ? 3 : fanout;
        Checks.require(fanout >= 1 && fanout <= 32, "membership.fanout", fanout, "from 1 to 32");
    }

    public static MembershipSettings defaults() {
        return new MembershipSettings(DEFAULT_HEARTBEAT, DEFAULT_HEARTBEAT.multipliedBy(4), 0);
    }
}
