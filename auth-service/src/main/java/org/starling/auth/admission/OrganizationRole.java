package org.starling.auth.admission;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The hub's roles in an organization, the least first. */
public enum OrganizationRole {
    READ,
    CONTRIBUTOR,
    WRITE,
    ADMIN;

    /** The role of that name; empty for {@code no_access} and for roles that an organization has made for itself. */
    static Optional<OrganizationRole> of(String name) {
        return Arrays.stream(values())
                .filter(each -> each.name().equalsIgnoreCase(name))
                .findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
