package org.starling.auth.excerpt;

import org.jspecify.annotations.Nullable;
import org.starling.auth.Problem;

/**
 * The part of a list that is asked for. Elements have numbers that stay, so nothing is skipped or repeated when the list grows
 * or shrinks between two questions.
 *
 * @param after only elements with greater numbers, those next to it; or null
 * @param before only elements with smaller numbers, those next to it; or null. With neither, the list's beginning
 * @param limit elements at most
 */
public record Wanted(@Nullable Long after, @Nullable Long before, int limit) {

    /** What a limit is that nobody names, for annotations. */
    public static final String DEFAULT_LIMIT = "100";

    private static final int MAX_LIMIT = 500;

    /** A problem 400 that says what cannot be. */
    public Wanted {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw Problem.invalid("limit", "limit must be from 1 to " + MAX_LIMIT + ", not " + limit);
        }
        if (after != null && before != null) {
            throw Problem.invalid("before", "Give after or before, not both");
        }
    }
}
