package org.starling.swarm.identity;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a peer may do in a run. Roles combine. */
public enum Role {
    /** Computes gradients and takes part in averaging. */
    TRAINER,
    /** Computes none; follows the run, keeps or shows what it sees, serves state, is an entry point. */
    AUXILIARY,
    /** Follows the state and answers requests with the model. */
    INFERENCE;

    private final String claim = name().toLowerCase(Locale.ROOT);

    /** The role as it stands in a token: lower case. */
    public String claim() {
        return claim;
    }

    /** Those of the roles that exist; others are of a later version and left out. */
    public static Set<Role> ofClaims(Collection<String> claims) {
        return Arrays.stream(values())
                .filter(role -> claims.contains(role.claim()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** @throws IllegalArgumentException for an unknown role, naming those that exist */
    public static Role ofClaim(String claim) {
        for (Role role : values()) {
            if (role.claim().equals(claim)) {
                return role;
            }
        }
        throw new IllegalArgumentException("Unknown role '" + claim + "'; known are trainer, auxiliary, inference");
    }
}
