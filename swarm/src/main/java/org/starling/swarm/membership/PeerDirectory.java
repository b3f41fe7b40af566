package org.starling.swarm.membership;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerId;

/** The peers that are alive as far as this one knows, itself left out. Confined to the protocol thread. */
public interface PeerDirectory {
    /** Hears of every change, so that sums over many peers need not be done again. */
    interface Watcher {
        /**
         * Not both are null.
         *
         * @param before what was known of the peer; null if it was not alive
         * @param after what is known of it now; null if it is not alive any more
         */
        void changed(@Nullable PeerView before, @Nullable PeerView after);
    }

    /** Every peer that has said something lately. Cheap while nothing changes. */
    List<PeerView> alive();

    /** Everybody whose words are known, alive or suspected. */
    Optional<PeerView> find(PeerId peer);

    /** The same, unless the peer is suspected. */
    Optional<PeerView> findAlive(PeerId peer);

    /** Takes a peer for dead for a while, or until it is heard of: a call to it has just failed. */
    void suspect(PeerId peer);

    /** The peer has just called or answered. */
    void heardFrom(PeerId peer);

    /** An epoch record says where a peer stands; this peer itself may be meant. Counts unless something later is known. */
    void stands(PeerId peer, Standing standing);

    void watch(Watcher watcher);
}
