package org.starling.swarm.identity;

import java.util.Locale;

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
