package org.starling.swarm.node;

import java.util.List;
import java.util.Set;
import org.starling.swarm.identity.Role;
import org.starling.swarm.wire.Endpoint;

/**
 * What a peer's own operator decides, as opposed to the run.
 *
 * @param advertisedAddress {@code host:port} under which others reach this peer; empty if it can only dial out
 * @param roles what it wants to be; its token must allow each
 * @param entryPoints peers to ask first
 * @param remembered where others answered when this peer ran before, as {@link SwarmNode#addresses} told; asked as well
 * @param bandwidth bytes a second that it can send, for its share of the reducing; 0 reduces nothing
 * @param agent software and version, for people
 */
public record NodeSettings(
        String advertisedAddress,
        Set<Role> roles,
        List<Endpoint> entryPoints,
        List<Endpoint> remembered,
        double bandwidth,
        String agent) {
    public NodeSettings {
        roles = Set.copyOf(roles);
        entryPoints = others(entryPoints, advertisedAddress);
        remembered = others(remembered, advertisedAddress);
        if (!advertisedAddress.isEmpty()) {
            Endpoint.requireAddress(advertisedAddress);
        }
        if (!(bandwidth >= 0) || Double.isInfinite(bandwidth)) {
            throw new IllegalArgumentException("The bandwidth must be a number of bytes a second, not " + bandwidth);
        }
    }

    /** Whether a peer that computes no gradients is to reduce those of others: it has the role, the bandwidth and an address. */
    boolean offersToReduce() {
        return roles.contains(Role.AUXILIARY) && bandwidth > 0 && !advertisedAddress.isEmpty();
    }

    private static List<Endpoint> others(List<Endpoint> endpoints, String own) {
        return endpoints.stream()
                .filter(endpoint -> !endpoint.address().equals(own))
                .toList();
    }
}
