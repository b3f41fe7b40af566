package org.starling.swarm.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.membership.Standing;

/** A directory that knows everybody from the beginning, so that nothing has to be gossiped. */
public final class Neighbours implements PeerDirectory {
    private final List<PeerView> peers = new ArrayList<>();

    public void add(PeerView peer) {
        peers.add(peer);
    }

    @Override
    public List<PeerView> alive() {
        return peers;
    }

    @Override
    public Optional<PeerView> find(PeerId peer) {
        return peers.stream().filter(view -> view.id().equals(peer)).findFirst();
    }

    @Override
    public Optional<PeerView> findAlive(PeerId peer) {
        return find(peer);
    }

    @Override
    public void suspect(PeerId peer) {}

    @Override
    public void heardFrom(PeerId peer) {}

    @Override
    public void stands(PeerId peer, Standing standing) {}

    @Override
    public void watch(Watcher watcher) {}
}
