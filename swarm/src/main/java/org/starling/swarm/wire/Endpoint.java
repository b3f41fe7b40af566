package org.starling.swarm.wire;

import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerId;

/**
 * Where to call.
 *
 * @param address {@code host:port}
 * @param peer who must answer there; null for an entry point of which only the address is known
 */
public record Endpoint(String address, @Nullable PeerId peer) {
    /** @throws IllegalArgumentException unless the address is {@code host:port} with a port from 1 to 65535 */
    public Endpoint {
        requireAddress(address);
    }

    /** @throws IllegalArgumentException unless the address is {@code host:port} with a port from 1 to 65535 */
    public static String requireAddress(String address) {
        int colon = address.lastIndexOf(':');
        try {
            int port = Integer.parseInt(address.substring(colon + 1));
            if (colon > 0 && port >= 1 && port <= 65_535 && address.length() <= 300) {
                return address;
            }
        } catch (NumberFormatException notAPort) {
            // falls through to the one message
        }
        throw new IllegalArgumentException(
                "'" + address + "' is not an address; write host:port, for example peer.example.org:7070");
    }

    @Override
    public String toString() {
        return peer == null ? address : peer.abbreviated() + "@" + address;
    }
}
