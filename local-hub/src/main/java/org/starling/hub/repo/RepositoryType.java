package org.starling.hub.repo;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The kinds of repositories and how addresses name them. */
enum RepositoryType {
    MODEL("model", ""),
    DATASET("dataset", "datasets/"),
    SPACE("space", "spaces/");

    private final String singular;
    private final String webPrefix;

    RepositoryType(String singular, String webPrefix) {
        this.singular = singular;
        this.webPrefix = webPrefix;
    }

    /** The word of JSON bodies: {@code model}. */
    String singular() {
        return singular;
    }

    /** The word of API paths: {@code models}. */
    String plural() {
        return singular + "s";
    }

    /** What stands before the namespace in web addresses; empty for models. */
    String webPrefix() {
        return webPrefix;
    }

    /** The type that a path segment names; models when there is none. */
    static RepositoryType ofPlural(@Nullable String plural) {
        return plural == null
                ? MODEL
                : Arrays.stream(values())
                        .filter(each -> each.plural().equals(plural))
                        .findFirst()
                        .orElseThrow();
    }

    static Optional<RepositoryType> ofSingular(String singular) {
        return Arrays.stream(values())
                .filter(each -> each.singular.equals(singular))
                .findFirst();
    }
}
