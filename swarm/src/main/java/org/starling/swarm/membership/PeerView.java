package org.starling.swarm.membership;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * What is known of a peer: its own verified words, and what the epoch records say of it since.
 *
 * @param publicKey raw Ed25519 key, 32 bytes
 * @param roles that it says it plays, and that its token grants
 * @param endpoint where to call the peer; empty if it can only dial out
 * @param progress how far it is; null before its first word on that
 * @param progressAt when it was that far
 * @param progressNanos the same by this peer's monotonic clock
 */
public record PeerView(
        PeerId id,
        byte[] publicKey,
        AccessToken token,
        PeerRecord record,
        Set<Role> roles,
        Optional<Endpoint> endpoint,
        @Nullable Progress progress,
        Instant progressAt,
        long progressNanos) {

    /** Whether the peer plays this role: it says so, and it may. */
    public boolean plays(Role role) {
        return roles.contains(role);
    }
}
