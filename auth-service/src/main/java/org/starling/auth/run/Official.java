package org.starling.auth.run;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import org.starling.auth.account.Account;

/**
 * Who holds an office.
 *
 * @param account name, or hub id
 * @param appointed by an operator; else by the service's settings
 */
@Embeddable
record Official(@Enumerated(EnumType.STRING) Office office, String account, boolean appointed) {

    boolean is(Office wanted, Account person) {
        return office == wanted && (account.equals(person.name()) || account.equals(person.hubId()));
    }

    boolean isAs(Official other) {
        return office == other.office && account.equals(other.account);
    }
}
