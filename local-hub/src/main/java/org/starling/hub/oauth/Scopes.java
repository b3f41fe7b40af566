package org.starling.hub.oauth;

import java.util.Optional;
import java.util.Set;

/** What an application may ask for, as the Hub's documentation lists it. */
final class Scopes {

    private static final Set<String> KNOWN = Set.of(
            "openid",
            "profile",
            "email",
            "read-billing",
            "read-memberships",
            "read-repos",
            "gated-repos",
            "contribute-repos",
            "write-repos",
            "manage-repos",
            "read-collections",
            "write-collections",
            "inference-api",
            "read-endpoints",
            "write-endpoints",
            "jobs",
            "webhooks",
            "write-discussions");

    private Scopes() {}

    /** A scope that there is not. */
    static Optional<String> findUnknown(Set<String> scopes) {
        return scopes.stream().filter(scope -> !KNOWN.contains(scope)).sorted().findFirst();
    }
}
