package org.starling.auth.run;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;

/**
 * Who holds an office.
 *
 * @param account name, or hub id
 */
@Embeddable
record Official(@Enumerated(EnumType.STRING) Office office, String account) {}
