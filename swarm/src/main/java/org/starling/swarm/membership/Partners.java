package org.starling.swarm.membership;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.wire.Endpoint;

/**
 * Whom to gossip with, by chance: mostly some of the living that were asked before, since each other one costs a handshake and
 * a connection, and now and then a new one in the place of one of these. News spreads as fast among many peers with some
 * dozens of changing partners each as where everybody may call everybody. Confined to the protocol thread.
 */
final class Partners {
    /** In a swarm that is not larger everybody is a partner. */
    static final int FAMILIAR = 64;

    /** One in so many is new. */
    private static final int CHANGES = 32;

    private final KnownPeers peers;
    private final RandomGenerator random;
    private final List<PeerId> familiar = new ArrayList<>();

    Partners(KnownPeers peers, RandomGenerator random) {
        this.peers = peers;
        this.random = random;
    }

    /** Different ones that can be called: as many as asked for, or all that there are. */
    List<Endpoint> choose(int count) {
        List<Endpoint> chosen = new ArrayList<>();
        while (chosen.size() < count && familiar.size() >= FAMILIAR && random.nextInt(CHANGES) != 0) {
            int index = random.nextInt(familiar.size());
            Optional<Endpoint> partner = peers.findAlive(familiar.get(index)).flatMap(PeerView::endpoint);
            if (partner.isEmpty()) {
                familiar.remove(index);
            } else if (!chosen.contains(partner.get())) {
                chosen.add(partner.get());
            }
        }
        Set<Integer> tried = new HashSet<>();
        int living = peers.livingCount();
        while (chosen.size() < count && tried.size() < living) {
            int index = random.nextInt(living);
            if (tried.add(index)) {
                PeerView peer = peers.living(index);
                peer.endpoint().filter(endpoint -> !chosen.contains(endpoint)).ifPresent(endpoint -> {
                    chosen.add(endpoint);
                    remember(peer.id());
                });
            }
        }
        return chosen;
    }

    private void remember(PeerId peer) {
        if (familiar.contains(peer)) {
            return;
        }
        if (familiar.size() < FAMILIAR) {
            familiar.add(peer);
        } else {
            familiar.set(random.nextInt(FAMILIAR), peer);
        }
    }
}
