package org.starling.swarm.wire;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.PeerId;

/**
 * Where to call.
 *
 * @param address {@code host:port}; a host is a name, an IPv4 address or an IPv6 address in brackets
 * @param peer who must answer there; null for an entry point of which only the address is known
 */
public record Endpoint(String address, @Nullable PeerId peer) {
    private static final int MAX_ADDRESS_CHARACTERS = 300;

    /** @throws IllegalArgumentException unless the address is one that can be called */
    public Endpoint {
        requireAddress(address);
    }

    /** @throws IllegalArgumentException unless the address is {@code host:port} with a host that gRPC can look up */
    public static String requireAddress(String address) {
        if (address.length() <= MAX_ADDRESS_CHARACTERS && isHostAndPort(address)) {
            return address;
        }
        throw new IllegalArgumentException(
                "'" + address.substring(0, Math.min(address.length(), MAX_ADDRESS_CHARACTERS))
                        + "' is not an address; write host:port, for example peer.example.org:7070 or [2001:db8::1]:7070."
                        + " A name has letters, digits, dots and hyphens");
    }

    private static boolean isHostAndPort(String address) {
        try {
            // as gRPC's resolver reads it, which throws at what it cannot read
            URI uri = new URI("//" + address);
            return uri.getHost() != null
                    && uri.getPort() >= 1
                    && uri.getPort() <= 65_535
                    && address.equals(uri.getRawAuthority())
                    && uri.getRawUserInfo() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return peer == null ? address : peer.abbreviated() + "@" + address;
    }
}
