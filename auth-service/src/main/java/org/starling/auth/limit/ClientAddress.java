package org.starling.auth.limit;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
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

    /** The address. */
    public static String of(HttpServletRequest request) {
        return of(plain(request).getRemoteAddr(), forwardedFor(request));
    }

    /** The address, or for IPv6 the network, for which limits count. */
    public static String network(HttpServletRequest request) {
        return network(plain(request).getRemoteAddr(), forwardedFor(request));
    }

    /** Spring takes the header away and believes its first element; here the request counts as it came. */
    private static ServletRequest plain(HttpServletRequest request) {
        ServletRequest plain = request;
        while (plain instanceof ServletRequestWrapper wrapper) {
            plain = wrapper.getRequest();
        }
        return plain;
    }

    /** All of them: some proxies append a line of their own. */
    private static @Nullable String forwardedFor(HttpServletRequest request) {
        return plain(request) instanceof HttpServletRequest original && original.getHeader("X-Forwarded-For") != null
                ? String.join(",", Collections.list(original.getHeaders("X-Forwarded-For")))
                : null;
    }

    static String of(String remote, @Nullable String forwardedFor) {
        InetAddress client = client(remote, forwardedFor);
        return client == null ? remote : client.getHostAddress();
    }

    static String network(String remote, @Nullable String forwardedFor) {
        return client(remote, forwardedFor) instanceof Inet6Address client
                ? HexFormat.of().formatHex(Arrays.copyOf(client.getAddress(), SITE_BYTES))
                : of(remote, forwardedFor);
    }

    private static @Nullable InetAddress client(String remote, @Nullable String forwardedFor) {
        InetAddress caller = parse(remote);
        if (caller == null || forwardedFor == null) {
            return caller;
        }
        String[] hops = forwardedFor.split(",", -1);
        for (int i = hops.length - 1; i >= 0 && isProxy(caller); i--) {
            InetAddress hop = parse(hops[i].strip());
            if (hop == null) {
                break;
            }
            caller = hop;
        }
        return caller;
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
}
