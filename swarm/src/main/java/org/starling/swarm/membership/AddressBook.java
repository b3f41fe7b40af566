package org.starling.swarm.membership;

import java.util.ArrayList;
import java.util.List;
import org.starling.swarm.wire.Endpoint;

/**
 * Addresses at which others have answered. Whoever kept them finds the swarm again when all its entry points have gone. Read by any
 * thread, changed by the protocol thread.
 */
final class AddressBook {
    static final int MAX_ADDRESSES = 16;

    private volatile List<Endpoint> addresses;

    /** @param remembered from an earlier life, the latest first */
    AddressBook(List<Endpoint> remembered) {
        this.addresses = remembered.stream()
                .map(AddressBook::withoutName)
                .distinct()
                .limit(MAX_ADDRESSES)
                .toList();
    }

    void answered(Endpoint endpoint) {
        Endpoint latest = withoutName(endpoint);
        List<Endpoint> known = addresses;
        if (known.isEmpty() || !known.get(0).equals(latest)) {
            List<Endpoint> newer = new ArrayList<>(known);
            newer.remove(latest);
            newer.add(0, latest);
            addresses = List.copyOf(newer.subList(0, Math.min(MAX_ADDRESSES, newer.size())));
        }
    }

    /** Whoever lives there is not to be called any more. */
    void forget(Endpoint endpoint) {
        Endpoint unwanted = withoutName(endpoint);
        addresses = addresses.stream().filter(known -> !known.equals(unwanted)).toList();
    }

    /** The latest first. */
    List<Endpoint> addresses() {
        return addresses;
    }

    /** By the time that it is needed another peer may live there, which is as good. */
    private static Endpoint withoutName(Endpoint endpoint) {
        return new Endpoint(endpoint.address(), null);
    }
}
