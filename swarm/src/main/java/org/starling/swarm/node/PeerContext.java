package org.starling.swarm.node;

import java.util.List;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Transport;

/** What the parts of one node have in common. */
record PeerContext(
        RunConfiguration run,
        NodeSettings settings,
        Credentials credentials,
        Transport transport,
        Scheduler scheduler,
        List<NodeListener> listeners) {
    PeerId self() {
        return credentials.identity().id();
    }
}
