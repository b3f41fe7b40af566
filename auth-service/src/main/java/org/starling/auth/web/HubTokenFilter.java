package org.starling.auth.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.hub.HubClient;
import org.starling.auth.hub.HubUnavailableException;
import org.starling.auth.hub.InvalidHubTokenException;
import org.starling.auth.limit.ClientAddress;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.limit.RateLimits.Kind;

/** Lets callers in who show a Hugging Face user access token. Part of the stateless chain only. */
final class HubTokenFilter extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";

    private final HubClient hub;
    private final RateLimits limits;
    private final ProblemWriter problems;

    HubTokenFilter(HubClient hub, RateLimits limits, ProblemWriter problems) {
        this.hub = hub;
        this.limits = limits;
        this.problems = problems;
    }

    static boolean hasToken(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    /** The bearer token of a request. */
    static Optional<String> token(HttpServletRequest request) {
        return hasToken(request)
                ? Optional.of(String.valueOf(request.getHeader(HttpHeaders.AUTHORIZATION))
                        .substring(SCHEME.length())
                        .strip())
                : Optional.empty();
    }

    /** Nobody asks the hub about who is known already. */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return SecurityContextHolder.getContext().getAuthentication() instanceof HubAuthentication;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String token = token(request).orElse("");
        if (!hub.remembers(token)
                && AddressLimitFilter.refuses(
                        limits.take(Kind.HUB, ClientAddress.network(request)), response, problems)) {
            return;
        }
        HubAccount account;
        try {
            account = hub.identify(token);
        } catch (InvalidHubTokenException e) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
            problems.write(response, HttpStatus.UNAUTHORIZED, "Not logged in", e.getMessage());
            return;
        } catch (HubUnavailableException e) {
            response.setHeader(
                    HttpHeaders.RETRY_AFTER,
                    Long.toString(Math.max(1, e.retryAfter().toSeconds())));
            problems.write(response, HttpStatus.SERVICE_UNAVAILABLE, "Hugging Face is not available", e.getMessage());
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new HubAuthentication(account));
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
    }
}
