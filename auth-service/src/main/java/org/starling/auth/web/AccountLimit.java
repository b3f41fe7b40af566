package org.starling.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.servlet.HandlerInterceptor;
import org.starling.auth.Problem;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.limit.RateLimits.Kind;
import org.starling.auth.visit.CallerResolver;

/** Refuses accounts that ask too often to join or for tokens. */
final class AccountLimit implements HandlerInterceptor {

    static final List<String> PATHS =
            List.of("/api/v1/runs/{organisation}/{name}/join-requests", "/api/v1/runs/{organisation}/{name}/tokens");

    private final RateLimits limits;

    AccountLimit(RateLimits limits) {
        this.limits = limits;
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        HubAccount person =
                CallerResolver.caller(SecurityContextHolder.getContext().getAuthentication());
        if (person != null && HttpMethod.POST.matches(request.getMethod())) {
            Duration wait = limits.take(Kind.JOIN, person.id());
            if (!wait.isZero()) {
                ErrorResponseException refusal = Problem.tooManyRequests(
                        "Too many requests of " + person.name() + "; try again in " + seconds(wait) + " s");
                refusal.getHeaders().set(HttpHeaders.RETRY_AFTER, seconds(wait));
                throw refusal;
            }
        }
        return true;
    }

    /** Rounded up, for {@code Retry-After}. */
    static String seconds(Duration wait) {
        return Long.toString(wait.plusMillis(999).toSeconds());
    }
}
