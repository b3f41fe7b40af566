package org.starling.auth.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;
import org.starling.auth.device.PeerCredentials;

/**
 * Lets peers in that show the credential of their enrolment, and only to what a peer needs: whoever takes a machine over
 * does not become a moderator. Part of the stateless chain, ahead of {@link HubTokenFilter}.
 */
final class PeerCredentialFilter extends OncePerRequestFilter {

    private static final String RUN = "/api/v1/runs/{organisation}/{name}";
    private static final List<RequestMatcher> ALLOWED = List.of(
            PathPatternRequestMatcher.pathPattern(HttpMethod.POST, RUN + "/tokens"),
            PathPatternRequestMatcher.pathPattern(HttpMethod.POST, RUN + "/join-requests"),
            PathPatternRequestMatcher.pathPattern(HttpMethod.GET, RUN + "/join-requests/me"));

    private final PeerCredentials credentials;
    private final ProblemWriter problems;

    PeerCredentialFilter(PeerCredentials credentials, ProblemWriter problems) {
        this.credentials = credentials;
        this.problems = problems;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return HubTokenFilter.token(request)
                .filter(token -> token.startsWith(PeerCredentials.PREFIX))
                .isEmpty();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<PeerCredentials.Bearer> bearer = HubTokenFilter.token(request).flatMap(credentials::identify);
        if (bearer.isEmpty()) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
            problems.write(
                    response,
                    HttpStatus.UNAUTHORIZED,
                    "Not logged in",
                    "The peer's credential is unknown or was not used for too long; log in again");
            return;
        }
        if (ALLOWED.stream().noneMatch(allowed -> allowed.matches(request))) {
            problems.write(
                    response,
                    HttpStatus.FORBIDDEN,
                    "Not allowed",
                    "A peer's credential is good for joining a run and for nothing else");
            return;
        }
        request.setAttribute(PeerCredentials.BOUND_PEER, bearer.get().peer());
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new HubAuthentication(bearer.get().account()));
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
    }
}
