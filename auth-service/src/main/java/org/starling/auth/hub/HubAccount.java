package org.starling.auth.hub;

import java.io.Serializable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A person, as the hub knows them.
 *
 * @param id stable
 * @param name may change
 * @param organizations those that the person is a member of; null if the hub was not asked about them this time
 * @param asOf when the hub told of the organizations; null if it did not
 */
public record HubAccount(
        String id,
        String name,
        @Nullable List<Membership> organizations,
        @Nullable Instant asOf) implements Serializable {

    /** A person of whose organizations nothing is said. */
    public HubAccount(String id, String name) {
        this(id, name, null, null);
    }

    /**
     * A person's place in an organization.
     *
     * @param organization its name
     * @param role {@code admin}, {@code write}, {@code contributor}, {@code read}, {@code no_access}, a role of the
     *     organization's own, or empty if the hub does not say
     */
    public record Membership(String organization, String role) implements Serializable {}
}
