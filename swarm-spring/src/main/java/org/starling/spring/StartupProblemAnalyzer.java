package org.starling.spring;

import java.io.IOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.starling.swarm.run.InvalidRunConfigurationException;

/** Turns what can be wrong at a peer's start into a sentence for its operator instead of a stack trace. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartupProblemAnalyzer implements FailureAnalyzer {
    private static final String NETTY_BIND_FAILURE = "Failed to bind to address ";

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof StartupProblem problem) {
                return new FailureAnalysis(message, problem.remedy(), failure);
            }
            if (cause instanceof InvalidRunConfigurationException) {
                return new FailureAnalysis(message, "The run's owner has to correct it at the auth service.", failure);
            }
            if (cause instanceof IOException && message.startsWith(NETTY_BIND_FAILURE)) {
                return new FailureAnalysis(
                        "The address " + message.substring(NETTY_BIND_FAILURE.length())
                                + " for other peers cannot be used: "
                                + (cause.getCause() == null
                                        ? message
                                        : cause.getCause().getMessage()) + ".",
                        "End the process that uses the port, or choose another with spring.grpc.server.port.",
                        failure);
            }
        }
        return null;
    }
}
