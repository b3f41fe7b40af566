package org.starling.auth;

import org.jspecify.annotations.Nullable;

/** Why somebody decided something; those whom it concerns read it. */
public final class Reason {

    /** Who reads the reason of an order. */
    public static final String EVERYBODY = "everybody in the swarm";

    private static final int MAX_LENGTH = 500;

    private Reason() {}

    /**
     * The reason without space around it; a problem 400 unless it has 1 to 500 characters.
     *
     * @param reader who will read it
     */
    public static String require(@Nullable String reason, String reader) {
        if (reason == null || reason.isBlank() || reason.length() > MAX_LENGTH) {
            throw Problem.invalid(
                    "reason", "reason must say in 1 to " + MAX_LENGTH + " characters why; " + reader + " will read it");
        }
        return reason.strip();
    }
}
