package org.starling.auth.limit;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a request comes from. Anybody can write {@code X-Forwarded-For}; only what a proxy has appended is true. So the list is
 * read from its end, past the addresses of this machine and of private networks, where proxies are; and not at all when the
 * caller is no such proxy itself.
 */
public final class ClientAddress {

    private static final Pattern LITERAL = Pattern.compile("[0-9A-Fa-f:.]{2,45}");
    private static final int SITE_BYTES = 8;

    private ClientAddress() {}

    /** The address, or for IPv6 the network, for which limits count. */
    public static String of(HttpServletRequest request) {
        // Spring takes the header away and believes its first element; here the request counts as it came.
        ServletRequest plain = request;
        while (plain instanceof ServletRequestWrapper wrapper) {
            plain = wrapper.getRequest();
        }
        String header = plain instanceof HttpServletRequest original ? original.getHeader("X-Forwarded-For") : null;
        return of(plain.getRemoteAddr(), header);
    }

    static String of(String remote, @Nullable String forwardedFor) {
        InetAddress caller = parse(remote);
        if (caller == null || forwardedFor == null) {
            return network(caller, remote);
        }
        String[] hops = forwardedFor.split(",", -1);
        for (int i = hops.length - 1; i >= 0 && caller != null && isProxy(caller); i--) {
            InetAddress hop = parse(hops[i].strip());
            if (hop == null) {
                break;
            }
            caller = hop;
        }
        return network(caller, remote);
    }

    private static boolean isProxy(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || address instanceof Inet6Address && (bytes[0] & 0xfe) == 0xfc;
    }

    private static @Nullable InetAddress parse(String text) {
        if (!LITERAL.matcher(text).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private static String network(@Nullable InetAddress address, String otherwise) {
        if (address == null) {
            return otherwise;
        }
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), SITE_BYTES))
                : address.getHostAddress();
    }
}
