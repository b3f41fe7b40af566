package org.starling.swarm.node;

import java.util.List;
import java.util.function.Supplier;
import org.starling.swarm.averaging.TimedCalls;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Transport;

/** What the parts of one node have in common. */
record PeerContext(
        Supplier<RunConfiguration> configuration,
        NodeSettings settings,
        Credentials credentials,
        Transport transport,
        TimedCalls calls,
        Scheduler scheduler,
        List<NodeListener> listeners) {
    /** What the run's peers agree on now: orders may change some of it. */
    RunConfiguration run() {
        return configuration.get();
    }

    PeerId self() {
        return credentials.identity().id();
    }
}
