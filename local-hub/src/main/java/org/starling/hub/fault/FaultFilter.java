package org.starling.hub.fault;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.coyote.CloseNowException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;

/** Lets armed faults happen. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class FaultFilter extends OncePerRequestFilter {

    private static final Logger log = LoggerFactory.getLogger(FaultFilter.class);

    private static final Duration DRIP = Duration.ofMillis(100);

    private final Faults faults;

    FaultFilter(Faults faults) {
        this.faults = faults;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Fault fault = request.getRequestURI().startsWith("/_hub/")
                ? null
                : faults.take(request.getMethod(), request.getRequestURI()).orElse(null);
        if (fault == null) {
            chain.doFilter(request, response);
            return;
        }
        log.info("{} {} meets fault {}", request.getMethod(), request.getRequestURI(), fault.kind());
        switch (fault.kind()) {
            case STATUS -> fail(response, fault);
            case HTML ->
                answer(
                        response,
                        fault.statusOr(502),
                        "text/html",
                        "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>");
            case NONSENSE -> answer(response, fault.statusOr(200), "application/json", "[{\"nonsense\":[null]}]");
            case DELAY -> {
                hold(fault);
                chain.doFilter(request, response);
            }
            case TRICKLE -> trickle(response, fault);
            case DROP -> {
                chain.doFilter(request, new ContentCachingResponseWrapper(response));
                response.reset();
                response.setContentLength(1_000_000);
                response.flushBuffer();
                throw new CloseNowException("dropped on request");
            }
        }
    }

    private static void fail(HttpServletResponse response, Fault fault) throws IOException {
        int status = fault.statusOr(500);
        if (status == 429 && fault.retryAfterSeconds() != null) {
            response.setHeader("RateLimit", "\"api\";r=0;t=" + fault.retryAfterSeconds());
            response.setHeader("RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300");
        }
        String message = status == 429
                ? "We had to rate limit you, you hit the quota of 500 api requests per 5 minutes period."
                : "The local hub was asked to fail.";
        answer(response, status, "application/json", "{\"error\":\"" + message + "\"}");
    }

    private static void answer(HttpServletResponse response, int status, String type, String body) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Fails when the other side has gone. */
    private static void trickle(HttpServletResponse response, Fault fault) throws IOException {
        long end = System.nanoTime() + fault.delay().toNanos();
        response.setContentType("application/json");
        while (System.nanoTime() < end) {
            response.getOutputStream().write(' ');
            response.flushBuffer();
            pause(DRIP);
        }
    }

    private static void hold(Fault fault) throws IOException {
        pause(fault.delay());
    }

    private static void pause(Duration pause) throws IOException {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while holding a request", e);
        }
    }
}
