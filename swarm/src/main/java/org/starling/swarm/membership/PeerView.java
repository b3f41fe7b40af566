package org.starling.swarm.membership;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * What is known of a peer: its own verified words.
 *
 * @param publicKey raw Ed25519 key, 32 bytes
 * @param progress its last word on how far it is; null before the first one
 * @param progressAt when that word arrived here
 */
public record PeerView(
        PeerId id,
        byte[] publicKey,
        AccessToken token,
        PeerRecord record,
        @Nullable Progress progress,
        Instant progressAt) {

    /** Where to call the peer; empty if it can only dial out. */
    public Optional<Endpoint> endpoint() {
        return record.getAddress().isEmpty() ? Optional.empty() : Optional.of(new Endpoint(record.getAddress(), id));
    }
}
