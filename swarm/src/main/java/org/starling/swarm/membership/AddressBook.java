package org.starling.swarm.membership;

import java.util.ArrayList;
import java.util.List;
import org.starling.swarm.wire.Endpoint;

/**
 * Addresses at which others have answered. Whoever kept them finds the swarm again when all its entry points have gone. Of whom
 * nothing more is kept: by the time that an address is needed another peer may live there, which is as good. Safe for use by
 * several threads.
 */
final class AddressBook {
    static final int MAX_ADDRESSES = 16;

    /** The latest last. */
    private final List<String> addresses = new ArrayList<>();

    /** @param remembered from an earlier life, the latest first */
    AddressBook(List<Endpoint> remembered) {
        for (int i = remembered.size() - 1; i >= 0; i--) {
            answered(remembered.get(i));
        }
    }

    synchronized void answered(Endpoint endpoint) {
        addresses.remove(endpoint.address());
        addresses.add(endpoint.address());
        if (addresses.size() > MAX_ADDRESSES) {
            addresses.remove(0);
        }
    }

    /** Whoever lives there is not to be called any more. */
    synchronized void forget(Endpoint endpoint) {
        addresses.remove(endpoint.address());
    }

    /** The latest first. */
    synchronized List<Endpoint> addresses() {
        List<Endpoint> latestFirst = new ArrayList<>();
        for (int i = addresses.size() - 1; i >= 0; i--) {
            latestFirst.add(new Endpoint(addresses.get(i), null));
        }
        return List.copyOf(latestFirst);
    }
}
