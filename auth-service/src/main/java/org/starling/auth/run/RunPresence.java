package org.starling.auth.run;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.auth.Problem;
import org.starling.swarm.wire.Endpoint;

/**
 * What people read of a run, and where it is found. What is null was not said: it stays as it is, or is empty at first.
 *
 * @param description for people
 * @param entryPoints {@code host:port} of peers that newcomers call first
 * @param metrics address of the run's metrics service, whose dashboard everybody may see and which knows what accounts have
 *     contributed; empty for none
 * @param checkpoints address of the run's checkpoint service, which knows the states that the swarm can go back to; empty for
 *     none
 */
public record RunPresence(
        @Nullable String description,
        @Nullable List<String> entryPoints,
        @Nullable String metrics,
        @Nullable String checkpoints) {

    private static final int MAX_DESCRIPTION = 2000;
    private static final int MAX_ENTRY_POINTS = 50;
    private static final int MAX_ADDRESS = 500;
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** A problem 400 that names the part which cannot be. */
    public RunPresence {
        if (description != null && description.length() > MAX_DESCRIPTION) {
            throw Problem.invalid(
                    "description",
                    "description has " + description.length() + " characters; at most " + MAX_DESCRIPTION);
        }
        if (entryPoints != null) {
            entryPoints = List.copyOf(entryPoints);
            if (entryPoints.size() > MAX_ENTRY_POINTS) {
                throw Problem.invalid(
                        "entryPoints", "There are " + entryPoints.size() + " entryPoints; at most " + MAX_ENTRY_POINTS);
            }
            try {
                entryPoints.forEach(Endpoint::requireAddress);
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("entryPoints", "entryPoints: " + e.getMessage());
            }
        }
        metrics = address("metrics", metrics);
        checkpoints = address("checkpoints", checkpoints);
    }

    /** This, and what it does not say from another. */
    RunPresence orElse(RunPresence other) {
        return new RunPresence(
                description == null ? other.description : description,
                entryPoints == null ? other.entryPoints : entryPoints,
                metrics == null ? other.metrics : metrics,
                checkpoints == null ? other.checkpoints : checkpoints);
    }

    /** The address without a slash at the end. */
    private static @Nullable String address(String field, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return text == null ? null : "";
        }
        String stripped = text.strip().replaceAll("/+$", "");
        try {
            URI address = new URI(stripped);
            String scheme = address.getScheme();
            if (stripped.length() <= MAX_ADDRESS
                    && scheme != null
                    && SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))
                    && address.getHost() != null
                    && address.getUserInfo() == null
                    && address.getQuery() == null
                    && address.getFragment() == null) {
                return stripped;
            }
        } catch (URISyntaxException notAnAddress) {
            // falls through to the one message
        }
        throw Problem.invalid(
                field, field + " must be an address such as https://metrics.example.org, not '" + stripped + "'");
    }
}
