package org.starling.auth.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;
import org.starling.auth.limit.ClientAddress;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.limit.RateLimits.Kind;

/** Refuses addresses that ask too often, ahead of all that costs something. */
final class AddressLimitFilter extends OncePerRequestFilter {

    private static final Map<RequestMatcher, Kind> LIMITED = new LinkedHashMap<>();

    static {
        LIMITED.put(PathPatternRequestMatcher.pathPattern("/oauth2/authorization/*"), Kind.LOGIN);
        LIMITED.put(PathPatternRequestMatcher.pathPattern("/login/oauth2/code/*"), Kind.LOGIN);
        for (String path : AccountLimit.PATHS) {
            LIMITED.put(PathPatternRequestMatcher.pathPattern(HttpMethod.POST, path), Kind.JOIN_FROM_ADDRESS);
        }
        LIMITED.put(PathPatternRequestMatcher.pathPattern("/oauth2/device_authorization"), Kind.DEVICE);
        LIMITED.put(PathPatternRequestMatcher.pathPattern("/oauth2/token"), Kind.DEVICE);
    }

    private final RateLimits limits;
    private final ProblemWriter problems;

    AddressLimitFilter(RateLimits limits, ProblemWriter problems) {
        this.limits = limits;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        for (Map.Entry<RequestMatcher, Kind> limited : LIMITED.entrySet()) {
            if (limited.getKey().matches(request)) {
                if (refuses(limits.take(limited.getValue(), ClientAddress.network(request)), response, problems)) {
                    return;
                }
                break;
            }
        }
        chain.doFilter(request, response);
    }

    /** Tells an address how long it has to wait, if it has to. */
    static boolean refuses(Duration wait, HttpServletResponse response, ProblemWriter problems) throws IOException {
        if (wait.isZero()) {
            return false;
        }
        response.setHeader(HttpHeaders.RETRY_AFTER, AccountLimit.seconds(wait));
        problems.write(
                response,
                HttpStatus.TOO_MANY_REQUESTS,
                "Too many requests",
                "Too many requests from this address; try again in " + AccountLimit.seconds(wait) + " s");
        return true;
    }
}
