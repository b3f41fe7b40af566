package org.starling.swarm.membership;

import java.util.List;
import java.util.Optional;
import org.starling.swarm.identity.PeerId;

/** The peers that are alive as far as this one knows, itself left out. Confined to the protocol thread. */
public interface PeerDirectory {
    /** Every peer that has said something lately, in no particular order. */
    List<PeerView> alive();

    Optional<PeerView> find(PeerId peer);

    /** Takes a peer for dead until it is heard of again: a call to it has just failed. */
    void suspect(PeerId peer);
}
