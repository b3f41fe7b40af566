package org.starling.auth.admission;

import org.starling.auth.account.Account;

/**
 * What a rule demands.
 *
 * @param organization its name at the hub
 * @param minimumRole the least role in it
 */
public record MembershipCondition(String organization, OrganizationRole minimumRole) {

    /** Whether the hub says so of the account. A role that the hub does not tell is none. */
    boolean isMetBy(Account account) {
        return account.organizations().stream()
                .filter(membership -> membership.organization().equalsIgnoreCase(organization))
                .flatMap(membership -> OrganizationRole.of(membership.role()).stream())
                .anyMatch(role -> role.compareTo(minimumRole) >= 0);
    }

    /** For people. */
    @Override
    public String toString() {
        return "member of " + organization + " with the role " + minimumRole + " or more";
    }
}
